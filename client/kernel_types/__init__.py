"""The kernel's types, fitted to one program: reduced, cached, taken from an archive; and what a kernel lacks."""
