/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNQLAT_H
#define RUNQLAT_H

#define COMM_SIZE 16
#define SLOTS 32

struct who {
	/// Process, or 0 for all together
	int pid;
};

struct hist {
	/// Name of the command, or (all)
	char comm[COMM_SIZE];
	/// How many times, by the power of two
	unsigned long long slots[SLOTS];
};

#endif
