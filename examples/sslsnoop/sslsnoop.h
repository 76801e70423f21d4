/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef SSLSNOOP_H
#define SSLSNOOP_H

#define COMM_SIZE 16
#define DATA_SIZE 256 /* bytes, with a NUL; more is cut */

enum way { SENT = 1, RECEIVED };

struct event {
	/// Process
	int pid;
	/// Its command
	char comm[COMM_SIZE];
	/// Which way it goes
	enum way way;
	/// How many bytes
	/// @show size
	unsigned int size;
	/// The first of them, up to a NUL
	char data[DATA_SIZE];
};

#endif
