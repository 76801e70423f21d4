/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef MALLOCSTAT_H
#define MALLOCSTAT_H

#define SLOTS 40 /* up to 512 GiB */

struct sizes {
	/// How many calls asked for a size from 2^n to 2^(n+1)-1 bytes
	unsigned int slots[SLOTS];
};

#endif
