/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef BASHREADLINE_H
#define BASHREADLINE_H

#define LINE_SIZE 256 /* bytes, with the NUL; longer lines are cut */

struct event {
	/// The shell
	int pid;
	/// User that it runs as
	unsigned int uid;
	/// What was typed
	char line[LINE_SIZE];
};

#endif
