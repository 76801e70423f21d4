/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef SETUIDSNOOP_H
#define SETUIDSNOOP_H

#define COMM_SIZE 16

enum call { SETUID = 1, SETREUID, SETRESUID, SETFSUID };

struct event {
	/// Process
	int pid;
	/// Its command
	char comm[COMM_SIZE];
	/// What it called
	enum call call;
	/// User that it wants to be: the effective one where the call takes several; -1 leaves it as it is
	int wanted;
	/// Effective user before
	unsigned int before;
	/// Effective user after
	unsigned int after;
	/// 0, or why it was refused; setfsuid(2) returns the user before
	/// @show errno
	int ret;
};

#endif
