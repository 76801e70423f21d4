"""Events for people and programs: tables and JSON lines."""
