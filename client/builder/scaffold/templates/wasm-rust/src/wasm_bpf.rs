// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
//! What a host of wasm-bpf offers to its guests; ecli is one.
#![allow(dead_code)]

use std::ffi::CString;
use std::mem::size_of;
use std::os::raw::{c_char, c_int, c_void};
use std::ptr;

mod host {
    use super::*;

    pub type Sample = extern "C" fn(context: *mut c_void, data: *const c_void, size: c_int) -> c_int;

    #[link(wasm_import_module = "wasm_bpf")]
    extern "C" {
        /// Loads a BPF object (an ELF file): its handle, or 0.
        pub fn wasm_load_bpf_object(object: *const u8, size: c_int) -> u64;
        /// Detaches and forgets an object.
        pub fn wasm_close_bpf_object(object: u64) -> c_int;
        /// Attaches a program; `target` is an interface's name or a cgroup's folder, or null: its section says where.
        pub fn wasm_attach_bpf_program(object: u64, name: *const c_char, target: *const c_char) -> c_int;
        /// Finds a map: its number, or -1.
        pub fn wasm_bpf_map_fd_by_name(object: u64, name: *const c_char) -> c_int;
        /// Works with a map's entries; `call`: 1 look up, 2 update, 3 delete, 4 next key. 0, or a negative errno.
        pub fn wasm_bpf_map_operate(
            map: c_int,
            call: c_int,
            key: *mut c_void,
            value: *mut c_void,
            next_key: *mut c_void,
            flags: u64,
        ) -> c_int;
        /// Waits for records of a ring buffer or perf event array, copies each to `data`, and hands it to `sample`.
        pub fn wasm_bpf_buffer_poll(
            object: u64,
            map: c_int,
            sample: Sample,
            context: *mut c_void,
            data: *mut c_void,
            max_size: c_int,
            timeout_ms: c_int,
        ) -> c_int;
    }
}

/// WASI's number for "interrupted": the host answers so when the run is to end.
pub const EINTR: i32 = 27;

/// A BPF object that the host has loaded; it is forgotten when this is dropped.
pub struct Object(u64);

impl Object {
    pub fn load(elf: &[u8]) -> Option<Object> {
        match unsafe { host::wasm_load_bpf_object(elf.as_ptr(), elf.len() as c_int) } {
            0 => None,
            handle => Some(Object(handle)),
        }
    }

    /// Attaches a program where its section says.
    pub fn attach(&self, program: &str) -> bool {
        let name = CString::new(program).expect("a name without NUL");
        unsafe { host::wasm_attach_bpf_program(self.0, name.as_ptr(), ptr::null()) == 0 }
    }

    /// The number of a map.
    pub fn map(&self, name: &str) -> Option<i32> {
        let name = CString::new(name).expect("a name without NUL");
        match unsafe { host::wasm_bpf_map_fd_by_name(self.0, name.as_ptr()) } {
            number if number < 0 => None,
            number => Some(number),
        }
    }

    /// Waits up to `timeout_ms` for records of a map, and hands those that are no shorter than a `Record` to `show`.
    ///
    /// Answers how many came, or a negative errno. `Record` must be a `repr(C)` struct for which any bytes are a value.
    pub fn poll<Record, Show: FnMut(&Record)>(&self, map: i32, timeout_ms: i32, show: &mut Show) -> i32 {
        let mut data = vec![0_u8; size_of::<Record>()];
        unsafe {
            host::wasm_bpf_buffer_poll(
                self.0,
                map,
                hand_on::<Record, Show>,
                (show as *mut Show).cast(),
                data.as_mut_ptr().cast(),
                data.len() as c_int,
                timeout_ms,
            )
        }
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        unsafe { host::wasm_close_bpf_object(self.0) };
    }
}

extern "C" fn hand_on<Record, Show: FnMut(&Record)>(context: *mut c_void, data: *const c_void, size: c_int) -> c_int {
    if size as usize >= size_of::<Record>() {
        let record = unsafe { data.cast::<Record>().read_unaligned() };
        unsafe { (*context.cast::<Show>())(&record) };
    }
    0
}
