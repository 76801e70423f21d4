/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RENAMESNOOP_H
#define RENAMESNOOP_H

#define COMM_SIZE 16
#define FNAME_SIZE 256 /* bytes, with the NUL; longer names are cut */

struct event {
	/// Process
	int pid;
	/// User that it runs as
	unsigned int uid;
	/// 0, or why it could not be renamed
	/// @show errno
	int ret;
	/// Name of the command
	char comm[COMM_SIZE];
	/// Old name as the process gave it
	/// @show path
	char from[FNAME_SIZE];
	/// New name likewise
	/// @show path
	char to[FNAME_SIZE];
};

#endif
