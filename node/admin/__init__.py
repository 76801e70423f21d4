"""What those who run a hub see and do: for its pages and its API alike."""
