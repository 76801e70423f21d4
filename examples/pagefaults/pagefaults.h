/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef PAGEFAULTS_H
#define PAGEFAULTS_H

#define COMM_SIZE 16

struct who {
	/// Process
	int pid;
};

struct faults {
	/// Name of the command
	char comm[COMM_SIZE];
	/// Faults that found the page there, but protected: shared until it is written, mostly
	unsigned long long protections;
	/// Faults that wanted to write
	unsigned long long writes;
	/// All faults
	unsigned long long count;
};

#endif
