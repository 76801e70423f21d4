"""Names for addresses: of the kernel, of processes, of stacks."""
