/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef SYSCOUNT_H
#define SYSCOUNT_H

#define COMM_SIZE 16

struct what {
	/// Process, or 0 where they are not told apart
	int pid;
	/// System call
	/// @show syscall
	unsigned int syscall;
};

struct calls {
	/// Name of the command; empty where processes are not told apart
	char comm[COMM_SIZE];
	/// How many have ended
	unsigned long long count;
	/// How many of them failed
	unsigned long long errors;
	/// How long they took together
	/// @show duration
	unsigned long long time;
};

#endif
