// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
//! User space in WebAssembly: hands the BPF object to the host, and prints a line for each event.

use std::borrow::Cow;
use std::env;
use std::process::exit;

mod wasm_bpf;

/// What came of @NAME@.bpf.c; the Makefile builds it first.
static OBJECT: &[u8] = include_bytes!("../dist/@NAME@.bpf.o");
const POLL_MS: i32 = 200;

/// The struct of @NAME@.h.
#[repr(C)]
struct Event {
    pid: i32,
    ppid: i32,
    comm: [u8; 16],
    fname: [u8; 128],
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end])
}

/// The parent that is asked for; 0 for any.
fn wanted_parent() -> i32 {
    let words: Vec<String> = env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => 0,
        ["--ppid", number] if number.parse::<i32>().is_ok() => number.parse().unwrap(),
        _ => fail(2, "usage: @NAME@ [--ppid PID]"),
    }
}

fn fail(code: i32, why: &str) -> ! {
    eprintln!("{why}");
    exit(code)
}

fn main() {
    let parent = wanted_parent();
    let object = wasm_bpf::Object::load(OBJECT).unwrap_or_else(|| fail(1, "the host does not load the program"));
    if !object.attach("process_started") {
        fail(1, "the host does not attach the program");
    }
    let map = object.map("events").unwrap_or_else(|| fail(1, "the program has no map of this name"));
    println!("{:>7} {:>7} {:<15} FNAME", "PID", "PPID", "COMM");
    let mut show = |event: &Event| {
        if parent == 0 || parent == event.ppid {
            println!("{:>7} {:>7} {:<15} {}", event.pid, event.ppid, text(&event.comm), text(&event.fname));
        }
    };
    loop {
        let found = object.poll(map, POLL_MS, &mut show);
        if found < 0 {
            exit(i32::from(found != -wasm_bpf::EINTR));
        }
    }
}
