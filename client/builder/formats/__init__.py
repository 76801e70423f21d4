"""Other forms of a built package: package.json of eunomia-bpf, a Wasm guest with its own user space, C headers."""
