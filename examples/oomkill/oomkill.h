/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef OOMKILL_H
#define OOMKILL_H

#define COMM_SIZE 16

struct event {
	/// Process that is killed
	int pid;
	/// Process that asked for memory when there was none left
	int asker_pid;
	/// Memory of its own that the killed process held; 0 on kernels before 6.8
	/// @show size
	unsigned long long anonymous;
	/// Mapped files that it held; likewise
	/// @show size
	unsigned long long files;
	/// Its address space; likewise
	/// @show size
	unsigned long long total;
	/// How it was rated by its owner: from -1000, never, to 1000, first
	short score_adjust;
	/// Name of the killed command
	char comm[COMM_SIZE];
	/// Name of the command that asked for memory
	char asker_comm[COMM_SIZE];
};

#endif
