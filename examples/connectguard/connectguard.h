/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef CONNECTGUARD_H
#define CONNECTGUARD_H

#define COMM_SIZE 16

struct event {
	/// Process that connects
	int pid;
	/// User that it runs as
	unsigned int uid;
	/// Its command
	char comm[COMM_SIZE];
	/// Whether it was refused (the process sees "Operation not permitted")
	_Bool refused;
	/// 2 is IPv4, 10 is IPv6
	unsigned short family;
	/// Port that it connects to
	unsigned short port;
	/// Address that it connects to
	/// @show ip
	unsigned char addr[16];
};

#endif
