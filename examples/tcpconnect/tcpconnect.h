/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef TCPCONNECT_H
#define TCPCONNECT_H

#define COMM_SIZE 16

struct event {
	/// Process that connects
	int pid;
	/// User that it runs as
	unsigned int uid;
	/// Its command
	char comm[COMM_SIZE];
	/// 2 is IPv4, 10 is IPv6
	unsigned short family;
	/// Port on this machine
	unsigned short lport;
	/// Port that it connects to
	unsigned short rport;
	/// Address on this machine
	/// @show ip
	unsigned char laddr[16];
	/// Address that it connects to
	/// @show ip
	unsigned char raddr[16];
	/// 0 when the first packet is on its way, or why it could not be sent
	/// @show errno
	int ret;
};

#endif
