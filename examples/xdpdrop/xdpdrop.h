/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef XDPDROP_H
#define XDPDROP_H

enum protocol { BOTH = 0, TCP = 6, UDP = 17 };

struct event {
	/// Protocol of the packet
	enum protocol protocol;
	/// Its size
	/// @show size
	unsigned int size;
	/// 2 is IPv4, 10 is IPv6
	unsigned short family;
	/// Port that it comes from
	unsigned short sport;
	/// Port that it goes to
	unsigned short dport;
	/// Address that it comes from
	/// @show ip
	unsigned char saddr[16];
	/// Address that it goes to
	/// @show ip
	unsigned char daddr[16];
};

#endif
