/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef EXECSNOOP_H
#define EXECSNOOP_H

#define COMM_SIZE 16
#define FNAME_SIZE 128
#define ARGS_SIZE 512 /* all arguments together, longer lists are cut; a power of two */

struct event {
	/// Process
	int pid;
	/// Its parent
	int ppid;
	/// User that it runs as
	unsigned int uid;
	/// 0, or why it could not be started
	/// @show errno
	int ret;
	/// Name of the command: the new one, or the old one where starting failed
	char comm[COMM_SIZE];
	/// File that was started
	/// @show path
	char fname[FNAME_SIZE];
	/// Its arguments, from the name that it was called by, parted by spaces
	char args[ARGS_SIZE];
};

#endif
