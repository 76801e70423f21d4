/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef BIOLATENCY_H
#define BIOLATENCY_H

#define SLOTS 32

struct disk {
	/// Major number of the device
	unsigned int major;
	/// Minor number of the device
	unsigned int minor;
};

struct hist {
	/// How many requests, by the power of two
	unsigned long long slots[SLOTS];
};

#endif
