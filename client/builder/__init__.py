"""From C source to a package."""
