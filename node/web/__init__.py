"""The hub's pages: values from the log and the blob store, templates, words in two languages, static files."""
