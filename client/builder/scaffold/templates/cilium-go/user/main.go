// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause

// User space with cilium/ebpf: loads and attaches the program, and prints a line for each event.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"log"
	"os/signal"
	"syscall"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"
	"github.com/cilium/ebpf/rlimit"
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

func text(field []byte) string {
	before, _, _ := bytes.Cut(field, []byte{0})
	return string(before)
}

func load(parent int) (*ebpf.Collection, error) {
	if err := rlimit.RemoveMemlock(); err != nil { // for kernels before 5.11
		return nil, err
	}
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(object))
	if err != nil {
		return nil, err
	}
	// Set before the program is loaded: the kernel sees a constant.
	if err := spec.Variables["target_ppid"].Set(int32(parent)); err != nil {
		return nil, err
	}
	return ebpf.NewCollection(spec)
}

func printEvents(reader *ringbuf.Reader) error {
	fmt.Printf("%7s %7s %-15s %s\n", "PID", "PPID", "COMM", "FNAME")
	for {
		record, err := reader.Read()
		if errors.Is(err, ringbuf.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		var e event
		if _, err := binary.Decode(record.RawSample, binary.NativeEndian, &e); err != nil {
			return err
		}
		fmt.Printf("%7d %7d %-15s %s\n", e.PID, e.PPID, text(e.Comm[:]), text(e.Fname[:]))
	}
}

func run(parent int) error {
	loaded, err := load(parent)
	if err != nil {
		return err
	}
	defer loaded.Close()
	attached, err := link.AttachRawTracepoint(link.RawTracepointOptions{
		Name:    "sched_process_exec",
		Program: loaded.Programs["process_started"],
	})
	if err != nil {
		return err
	}
	defer attached.Close()
	reader, err := ringbuf.NewReader(loaded.Maps["events"])
	if err != nil {
		return err
	}
	ended, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ended, func() { reader.Close() })
	return printEvents(reader)
}

func main() {
	log.SetFlags(0)
	parent := flag.Int("ppid", 0, "only what this process starts")
	flag.Parse()
	if err := run(*parent); err != nil {
		log.Fatal(err)
	}
}
