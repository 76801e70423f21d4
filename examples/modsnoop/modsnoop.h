/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef MODSNOOP_H
#define MODSNOOP_H

#define COMM_SIZE 16
#define NAME_SIZE 64

enum change { LOADED = 1, REMOVED };

struct event {
	/// Process that does it
	int pid;
	/// User that it runs as
	unsigned int uid;
	/// Its command
	char comm[COMM_SIZE];
	/// What happens to the module
	enum change change;
	/// What taints the kernel, as bits: 0x1 proprietary, 0x1000 out of tree, 0x2000 not signed
	/// @show hex
	unsigned int taints;
	/// Module
	char name[NAME_SIZE];
};

#endif
