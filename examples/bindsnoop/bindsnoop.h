/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef BINDSNOOP_H
#define BINDSNOOP_H

#define COMM_SIZE 16

struct event {
	/// Process
	int pid;
	/// User that it runs as
	unsigned int uid;
	/// Its command
	char comm[COMM_SIZE];
	/// File descriptor of the socket
	int fd;
	/// 2 is IPv4, 10 is IPv6
	unsigned short family;
	/// Port that it asked for; 0 is any
	unsigned short port;
	/// Address that it asked for; zeros are all
	/// @show ip
	unsigned char addr[16];
	/// 0, or why it was refused
	/// @show errno
	int ret;
};

#endif
