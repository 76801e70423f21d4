/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef VFSSTAT_H
#define VFSSTAT_H

enum operation { READ, WRITE, OPEN, CREATE, FSYNC, OPERATIONS };

struct operation_key {
	/// What was done
	enum operation operation;
};

struct operation_count {
	/// How often since the last look
	unsigned long long count;
};

#endif
