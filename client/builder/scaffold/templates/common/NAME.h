/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the BPF program sends to user space. ecli reads this struct out of the
 * compiled program and prints one column for each member, in this order. It
 * knows what most members mean by their names and types; @show says the rest.
 */
#ifndef EVENT_H
#define EVENT_H

#define COMM_SIZE 16   /* bytes, the kernel's TASK_COMM_LEN */
#define FNAME_SIZE 128 /* bytes, with the NUL; longer names are cut */

struct event {
	/** Process */
	int pid;
	/** Process that started it */
	int ppid;
	/** Name of the command */
	char comm[COMM_SIZE];
	/** File that was started */
	char fname[FNAME_SIZE];
};

#endif
