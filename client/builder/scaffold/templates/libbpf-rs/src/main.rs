// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
//! User space with libbpf-rs: loads and attaches the program, and prints a line for each event.

use std::borrow::Cow;
use std::env;
use std::error::Error;
use std::mem::size_of;
use std::process::exit;
use std::time::Duration;

use libbpf_rs::{MapCore, ObjectBuilder, RingBufferBuilder};

/// What came of @NAME@.bpf.c; the Makefile builds it first.
static OBJECT: &[u8] = include_bytes!("../dist/@NAME@.bpf.o");
const POLL: Duration = Duration::from_millis(200);

/// The struct of @NAME@.h.
#[repr(C)]
struct Event {
    pid: i32,
    ppid: i32,
    comm: [u8; 16],
    fname: [u8; 128],
}

impl Event {
    fn read(record: &[u8]) -> Option<Event> {
        // Sound: the bytes are there, and any bytes are a value of this struct.
        (record.len() >= size_of::<Event>()).then(|| unsafe { record.as_ptr().cast::<Event>().read_unaligned() })
    }
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
        _ => {
            eprintln!("usage: @NAME@ [--ppid PID]");
            exit(2)
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let parent = wanted_parent();
    let object = ObjectBuilder::default().open_memory(OBJECT)?.load()?;
    let program = object.progs_mut().find(|program| program.name() == "process_started").ok_or("no such program")?;
    let _attached = program.attach()?;
    let events = object.maps().find(|map| map.name() == "events").ok_or("no such map")?;
    let mut rings = RingBufferBuilder::new();
    rings.add(&events, |record| {
        if let Some(event) = Event::read(record).filter(|event| parent == 0 || parent == event.ppid) {
            println!("{:>7} {:>7} {:<15} {}", event.pid, event.ppid, text(&event.comm), text(&event.fname));
        }
        0
    })?;
    println!("{:>7} {:>7} {:<15} FNAME", "PID", "PPID", "COMM");
    let ring = rings.build()?;
    loop {
        ring.poll(POLL)?;
    }
}
