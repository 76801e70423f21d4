/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef EXITSNOOP_H
#define EXITSNOOP_H

#define COMM_SIZE 16

struct event {
	/// Process
	int pid;
	/// Thread
	int tid;
	/// Parent
	int ppid;
	/// User that it ran as
	unsigned int uid;
	/// How long it lived
	/// @show duration
	unsigned long long age;
	/// Exit code
	int code;
	/// Signal that ended it, or 0
	/// @show signal
	int signal;
	/// Whether memory was dumped
	bool dumped;
	/// Name of the command
	char comm[COMM_SIZE];
};

#endif
