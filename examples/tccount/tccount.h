/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef TCCOUNT_H
#define TCCOUNT_H

enum protocol { OTHER = 0, ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58 };

struct peer {
	/// 2 is IPv4, 10 is IPv6
	unsigned int family;
	/// Protocol
	enum protocol protocol;
	/// Address of the other side
	/// @show ip
	unsigned char address[16];
};

struct traffic {
	/// Packets from the other side
	unsigned long long packets_in;
	/// Bytes from the other side
	/// @show size
	unsigned long long bytes_in;
	/// Packets to the other side
	unsigned long long packets_out;
	/// Bytes to the other side
	/// @show size
	unsigned long long bytes_out;
};

#endif
