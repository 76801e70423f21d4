/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef GETHOSTLATENCY_H
#define GETHOSTLATENCY_H

#define COMM_SIZE 16
#define HOST_SIZE 128 /* bytes, with the NUL; longer names are cut */

struct event {
	/// Process
	int pid;
	/// Its command
	char comm[COMM_SIZE];
	/// How long it waited
	/// @show duration
	unsigned long long waited;
	/// 0, or an error of getaddrinfo(3): -2 is "name or service not known"
	/// @show plain
	int ret;
	/// Host that it asked for
	char host[HOST_SIZE];
};

#endif
