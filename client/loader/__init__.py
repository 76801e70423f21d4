"""From an ELF object to a program in the kernel, through the libbpf of the system."""
