/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef MOUNTSNOOP_H
#define MOUNTSNOOP_H

#define COMM_SIZE 16
#define NAME_SIZE 160 /* bytes, with the NUL; longer names are cut */
#define TYPE_SIZE 32
#define DATA_SIZE 128

enum mount_call { MOUNT, UMOUNT, MOVE_MOUNT };

struct event {
	/// Process
	int pid;
	/// Its mount namespace
	unsigned int namespace_id;
	/// System call
	enum mount_call call;
	/// 0, or why it failed
	/// @show errno
	int ret;
	/// How long the call took
	/// @show duration
	unsigned long long took;
	/// Flags of the call
	/// @show hex
	unsigned long long flags;
	/// Name of the command
	char comm[COMM_SIZE];
	/// Type of the file system
	char type[TYPE_SIZE];
	/// What is mounted
	/// @show path
	char source[NAME_SIZE];
	/// Where it is mounted
	/// @show path
	char target[NAME_SIZE];
	/// Options of the file system
	char data[DATA_SIZE];
};

#endif
