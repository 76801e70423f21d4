// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause

// User space in WebAssembly: hands the BPF object to the host, and prints a line for each event.
package main

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"flag"
	"fmt"
	"log"
	"unsafe"
)

const (
	maxRecord = 4096 // bytes
	pollMS    = 200
)

// What came of @NAME@.bpf.c; the Makefile builds it first.
//
//go:embed program.bpf.o
var object []byte

// event is the struct of @NAME@.h.
type event struct {
	PID, PPID int32
	Comm      [16]byte
	Fname     [128]byte
}

var parent = flag.Int("ppid", 0, "only what this process starts")

func text(field []byte) string {
	before, _, _ := bytes.Cut(field, []byte{0})
	return string(before)
}

// show is called by the host for each record, while pollBuffer runs.
//
//go:wasmexport go-callback
func show(_ int32, data unsafe.Pointer, size int32) int32 {
	var e event
	if _, err := binary.Decode(unsafe.Slice((*byte)(data), size), binary.LittleEndian, &e); err != nil {
		return 0 // shorter than an event
	}
	if *parent == 0 || *parent == int(e.PPID) {
		fmt.Printf("%7d %7d %-15s %s\n", e.PID, e.PPID, text(e.Comm[:]), text(e.Fname[:]))
	}
	return 0
}

func main() {
	log.SetFlags(0)
	flag.Parse()
	program := loadObject(&object[0], int32(len(object)))
	if program == 0 || attachProgram(program, terminated("process_started"), nil) != 0 {
		log.Fatal("the host does not load and attach the program")
	}
	events := mapByName(program, terminated("events"))
	record := make([]byte, maxRecord)
	fmt.Printf("%7s %7s %-15s %s\n", "PID", "PPID", "COMM", "FNAME")
	for {
		found := pollBuffer(program, events, nil, &record[0], maxRecord, pollMS)
		if found == -interrupted {
			return
		}
		if found < 0 {
			log.Fatalf("the host cannot read the events: %d", found)
		}
	}
}
