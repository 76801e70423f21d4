"""People who use the hub: their sign-in, passwords, tokens and roles."""
