/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef TCPLIFE_H
#define TCPLIFE_H

#define COMM_SIZE 16

struct event {
	/// Process that connected or closed; 0 if neither was seen
	int pid;
	/// Its command
	char comm[COMM_SIZE];
	/// 2 is IPv4, 10 is IPv6
	unsigned short family;
	/// Port on this machine
	unsigned short lport;
	/// Port of the other side
	unsigned short rport;
	/// Address on this machine
	/// @show ip
	unsigned char laddr[16];
	/// Address of the other side
	/// @show ip
	unsigned char raddr[16];
	/// Whether this machine opened it
	_Bool opened_here;
	/// Bytes sent, and acknowledged by the other side
	/// @show size
	unsigned long long sent;
	/// Bytes received; TCP counts the end of the stream as one
	/// @show size
	unsigned long long received;
	/// How long it lasted
	/// @show duration
	unsigned long long lasted;
};

#endif
