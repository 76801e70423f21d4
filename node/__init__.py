"""The hub: one aiohttp application, and the `ebpfhub` command."""
