"""Pages for people with an account: signing in and out, their tokens and sessions, approving a program's login."""
