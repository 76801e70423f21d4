/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef FILEGUARD_H
#define FILEGUARD_H

#define COMM_SIZE 16
#define PATH_SIZE 256 /* bytes, with the NUL */

struct event {
	/// Process that was refused
	int pid;
	/// User that it runs as
	unsigned int uid;
	/// Its command
	char comm[COMM_SIZE];
	/// File that it wanted to open
	/// @show path
	char path[PATH_SIZE];
};

#endif
