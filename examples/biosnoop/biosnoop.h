/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef BIOSNOOP_H
#define BIOSNOOP_H

#define COMM_SIZE 16
#define KIND_SIZE 8

struct event {
	/// Process that the request was sent for; a thread of the kernel where it writes back what was buffered
	int pid;
	/// Major number of the device
	unsigned int major;
	/// Minor number of the device
	unsigned int minor;
	/// 0, or why it failed
	/// @show errno
	int error;
	/// First sector, of 512 bytes
	unsigned long long sector;
	/// How much is read or written
	/// @show size
	unsigned int size;
	/// From when it was sent until it was done
	/// @show duration
	unsigned long long took;
	/// What it does: R read, W write, D discard, F flush, S at once, M metadata
	char kind[KIND_SIZE];
	/// Name of the command
	char comm[COMM_SIZE];
};

#endif
