"""One module for each ecli command."""
