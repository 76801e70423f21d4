/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef TCPRTT_H
#define TCPRTT_H

struct event {
	/// 2 is IPv4, 10 is IPv6
	unsigned int family;
	/// Port on this machine
	unsigned int lport;
	/// Port of the other side
	unsigned int rport;
	/// Address on this machine
	/// @show ip
	unsigned char laddr[16];
	/// Address of the other side
	/// @show ip
	unsigned char raddr[16];
	/// Round-trip time, smoothed by the kernel
	/// @show duration
	unsigned long long smoothed;
	/// Shortest round-trip time of late
	/// @show duration
	unsigned long long shortest;
};

#endif
