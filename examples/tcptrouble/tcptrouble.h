/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef TCPTROUBLE_H
#define TCPTROUBLE_H

enum trouble {
	SENT_AGAIN = 1,
	RESET_BY_PEER,
};

struct event {
	/// What happened
	enum trouble what;
	/// State of the connection, as the kernel numbers it; 2 is before the first answer, 1 is established
	unsigned char state;
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
};

#endif
