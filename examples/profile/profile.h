/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef PROFILE_H
#define PROFILE_H

#define COMM_SIZE 16

struct place {
	/// Process
	int pid;
	/// What it does in the kernel
	/// @show kernel-stack
	int kernel_stack;
	/// What it does in its own code
	/// @show user-stack
	int user_stack;
	/// Name of the thread
	char comm[COMM_SIZE];
};

struct samples {
	/// In how many samples it was there
	unsigned long long count;
};

#endif
