/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef KILLSNOOP_H
#define KILLSNOOP_H

#define COMM_SIZE 16

enum call { CALL_KILL, CALL_TKILL, CALL_TGKILL };

struct event {
	/// Process that sends
	int pid;
	/// User that it runs as
	unsigned int uid;
	/// System call
	enum call call;
	/// Signal; 0 only asks whether the target is there
	/// @show signal
	int signal;
	/// Target as the call names it: a process or thread; negative numbers are groups of kill(2)
	int target;
	/// 0, or why it could not be sent
	/// @show errno
	int ret;
	/// Name of the sender's command
	char comm[COMM_SIZE];
};

#endif
