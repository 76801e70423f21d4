/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef TCPSTATES_H
#define TCPSTATES_H

#define COMM_SIZE 16

/* As the kernel numbers them (include/net/tcp_states.h); these names are our own, so that they meet no other. */
enum tcp_state_name {
	ESTABLISHED = 1,
	SYN_SENT,
	SYN_RECEIVED,
	FIN_WAIT_1,
	FIN_WAIT_2,
	TIME_WAIT,
	CLOSED,
	CLOSE_WAIT,
	LAST_ACK,
	LISTENING,
	CLOSING,
	NEW_SYN_RECEIVED,
};

struct event {
	/// Process that ran when the state changed; packets that come in run in anybody's time
	int pid;
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
	/// State that it leaves
	enum tcp_state_name old_state;
	/// State that it enters
	enum tcp_state_name new_state;
	/// How long it was in the state that it leaves; 0 if that is not known
	/// @show duration
	unsigned long long spent;
	/// Name of the command that ran
	char comm[COMM_SIZE];
};

#endif
