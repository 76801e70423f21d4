/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef PS_H
#define PS_H

#define COMM_SIZE 16

struct task {
	/// Process
	int pid;
	/// Thread
	int tid;
	/// Parent
	int ppid;
	/// User that it runs as
	unsigned int uid;
	/// What it does: R runs or could, S waits, D waits for a device, T stopped, t traced, Z ended, I idle
	char state[2];
	/// Memory that it holds
	/// @show size
	unsigned long long memory;
	/// How long it has run on a processor
	/// @show duration
	unsigned long long cpu;
	/// How long ago it was started
	/// @show duration
	unsigned long long age;
	/// Name of the thread
	char comm[COMM_SIZE];
};

#endif
