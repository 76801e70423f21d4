"""What travels between hubs and clients: shapes and their limits. No clock, socket or file."""
