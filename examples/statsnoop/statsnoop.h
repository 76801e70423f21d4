/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef STATSNOOP_H
#define STATSNOOP_H

#define COMM_SIZE 16
#define FNAME_SIZE 256 /* bytes, with the NUL; longer names are cut */

enum stat_call { STAT, LSTAT, FSTATAT, STATX, STATFS };

struct event {
	/// Process
	int pid;
	/// User that it runs as
	unsigned int uid;
	/// 0, or why nothing was told
	/// @show errno
	int ret;
	/// System call
	enum stat_call call;
	/// Name of the command
	char comm[COMM_SIZE];
	/// File as the process named it; empty where it gave an open one
	/// @show path
	char fname[FNAME_SIZE];
};

#endif
