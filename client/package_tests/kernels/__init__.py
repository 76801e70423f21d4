"""The same tests on another kernel: fetched, booted under QEMU with a small file system, and asked what came."""
