"""What the hub keeps: SQLite and files."""
