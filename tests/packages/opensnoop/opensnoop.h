/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the BPF program sends to user space. ecli reads this struct out of the
 * compiled program and prints one column for each member, in this order. It
 * knows what most members mean by their names and types; @show says the rest.
 */
#ifndef OPEN_EVENT_H
#define OPEN_EVENT_H

#define COMM_SIZE 16   /* bytes, the kernel's TASK_COMM_LEN */
#define Fopensnoop_SIZE 256 /* bytes, with the NUL; longer names are cut */

struct event {
	/** Process that opened the file */
	int pid;
	/** Its parent */
	int ppid;
	/** User that it runs as */
	unsigned int uid;
	/** File descriptor, or an error as a negative number */
	int ret;
	/** Flags of open(2) @show open-flags */
	unsigned int flags;
	/** Name of the command */
	char comm[COMM_SIZE];
	/** Name of the file, as the process gave it */
	char fname[Fopensnoop_SIZE];
};

#endif
