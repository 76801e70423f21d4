/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef UNLINKSNOOP_H
#define UNLINKSNOOP_H

#define COMM_SIZE 16
#define FNAME_SIZE 256 /* bytes, with the NUL; longer names are cut */

struct event {
	/// Process
	int pid;
	/// User that it runs as
	unsigned int uid;
	/// 0, or why it could not be removed
	/// @show errno
	int ret;
	/// Whether a folder was to be removed
	bool folder;
	/// Name of the command
	char comm[COMM_SIZE];
	/// File as the process named it
	/// @show path
	char fname[FNAME_SIZE];
};

#endif
