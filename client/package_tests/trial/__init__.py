"""One test of a package: its program in a process of its own, its trigger, and the verdict on what came."""
