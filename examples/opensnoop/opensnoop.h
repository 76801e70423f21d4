/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef OPENSNOOP_H
#define OPENSNOOP_H

#define COMM_SIZE 16
#define FNAME_SIZE 256 /* bytes, with the NUL; longer names are cut */

struct event {
	/// Process
	int pid;
	/// Thread
	int tid;
	/// Its parent process
	int ppid;
	/// User that it runs as
	unsigned int uid;
	/// File descriptor, or why there is none
	/// @show errno
	int ret;
	/// Flags of open(2)
	/// @show open-flags
	unsigned int flags;
	/// Permissions that a new file was to get; 0 for others
	/// @show mode
	unsigned int mode;
	/// How long the call took
	/// @show duration
	unsigned long long took;
	/// Name of the command
	char comm[COMM_SIZE];
	/// File as the process named it
	/// @show path
	char fname[FNAME_SIZE];
};

#endif
