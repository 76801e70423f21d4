"""The pages below /docs: the project's manuals, and the reference of the HTTP API."""
