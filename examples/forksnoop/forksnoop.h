/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef FORKSNOOP_H
#define FORKSNOOP_H

#define COMM_SIZE 16

enum made { PROCESS, THREAD };

struct event {
	/// Process that made it
	int pid;
	/// Thread that made it
	int tid;
	/// New process, or the same one for a thread
	int child_pid;
	/// New thread
	int child_tid;
	/// What was made
	enum made what;
	/// User that it runs as
	unsigned int uid;
	/// Name of the command
	char comm[COMM_SIZE];
};

#endif
