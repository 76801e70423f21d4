/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef OFFCPUTIME_H
#define OFFCPUTIME_H

#define COMM_SIZE 16

struct place {
	/// Process
	int pid;
	/// Where it waits in the kernel
	/// @show kernel-stack
	int kernel_stack;
	/// Where it came from in its own code
	/// @show user-stack
	int user_stack;
	/// Name of the thread
	char comm[COMM_SIZE];
};

struct waits {
	/// How many times it waited there
	unsigned long long count;
	/// How long in all
	/// @show duration
	unsigned long long time;
};

#endif
