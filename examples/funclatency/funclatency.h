/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef FUNCLATENCY_H
#define FUNCLATENCY_H

#define SLOTS 36 /* up to a minute */

struct latencies {
	/// How many calls took from 2^n to 2^(n+1)-1 nanoseconds
	unsigned int slots[SLOTS];
};

#endif
