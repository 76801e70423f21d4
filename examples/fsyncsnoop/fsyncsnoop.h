/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef FSYNCSNOOP_H
#define FSYNCSNOOP_H

#define COMM_SIZE 16
#define FNAME_SIZE 128 /* bytes, with the NUL; the last part of the path */

enum sync_call { FSYNC, FDATASYNC, SYNC_ALL, SYNCFS, SYNC_FILE_RANGE, MSYNC };

struct event {
	/// Process
	int pid;
	/// User that it runs as
	unsigned int uid;
	/// System call
	enum sync_call call;
	/// 0, or why it failed
	/// @show errno
	int ret;
	/// How long the call took
	/// @show duration
	unsigned long long took;
	/// Name of the command
	char comm[COMM_SIZE];
	/// Last part of the file's path; empty for calls without a file
	char fname[FNAME_SIZE];
};

#endif
