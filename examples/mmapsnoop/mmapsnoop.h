/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef MMAPSNOOP_H
#define MMAPSNOOP_H

#define COMM_SIZE 16

enum memory_call { MMAP, MUNMAP, BRK, MPROTECT };

struct event {
	/// Process
	int pid;
	/// User that it runs as
	unsigned int uid;
	/// System call
	enum memory_call call;
	/// 0, or why it failed
	/// @show errno
	int ret;
	/// Start of the memory: as the kernel chose it, for brk the new end of the heap
	/// @show hex
	unsigned long long start;
	/// Bytes asked for; for brk 0
	/// @show size
	unsigned long long length;
	/// Protection: 1 read, 2 write, 4 execute
	unsigned int prot;
	/// Flags of mmap
	/// @show hex
	unsigned int flags;
	/// File that is mapped, or -1
	int fd;
	/// Name of the command
	char comm[COMM_SIZE];
};

#endif
