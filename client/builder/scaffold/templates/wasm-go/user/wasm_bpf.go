// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause

package main

import "unsafe"

// What a host of wasm-bpf offers to its guests; ecli is one. Texts end with a NUL.

// loadObject loads a BPF object (an ELF file): its handle, or 0.
//
//go:wasmimport wasm_bpf wasm_load_bpf_object
func loadObject(object *byte, size int32) uint64

// closeObject detaches and forgets an object.
//
//go:wasmimport wasm_bpf wasm_close_bpf_object
func closeObject(object uint64) int32

// attachProgram attaches a program; target is an interface's name or a cgroup's folder, or nil: its section says where.
//
//go:wasmimport wasm_bpf wasm_attach_bpf_program
func attachProgram(object uint64, name, target *byte) int32

// mapByName finds a map: its number, or -1.
//
//go:wasmimport wasm_bpf wasm_bpf_map_fd_by_name
func mapByName(object uint64, name *byte) int32

// operateMap works with a map's entries; call: 1 look up, 2 update, 3 delete, 4 next key. 0, or a negative errno.
//
//go:wasmimport wasm_bpf wasm_bpf_map_operate
func operateMap(number, call int32, key, value, nextKey unsafe.Pointer, flags uint64) int32

// pollBuffer waits for records of a ring buffer or perf event array, copies each to data, and calls `go-callback`. A Go
// program has no table of functions, so it imports this from another module than C and Rust do.
//
//go:wasmimport callback-wrapper wasm_bpf_buffer_poll
func pollBuffer(object uint64, number int32, context unsafe.Pointer, data *byte, maxSize, timeoutMS int32) int32

// interrupted is WASI's EINTR: the host answers -interrupted when the run is to end.
const interrupted = 27

// terminated returns a text as the host takes it.
func terminated(text string) *byte {
	return &append([]byte(text), 0)[0]
}
