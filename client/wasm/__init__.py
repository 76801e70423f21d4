"""User space in WebAssembly: guests of wasm-bpf's interface, run on wasmtime and bounded. The only importer of it."""
