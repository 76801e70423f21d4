"""Which kernel types a program is compiled with: those that come with ecli, the running kernel's, or its own."""
