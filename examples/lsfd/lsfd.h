/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef LSFD_H
#define LSFD_H

#define COMM_SIZE 16
#define NAME_SIZE 64
#define TYPE_SIZE 16

struct open_file {
	/// Process
	int pid;
	/// Number of the file
	unsigned int fd;
	/// Flags of open(2)
	/// @show open-flags
	unsigned int flags;
	/// Type and permissions
	/// @show mode
	unsigned int mode;
	/// Where reading or writing goes on
	long long position;
	/// Number of the inode
	unsigned long long inode;
	/// Type of the file system
	char filesystem[TYPE_SIZE];
	/// Name of the command
	char comm[COMM_SIZE];
	/// Last part of the file's path
	char fname[NAME_SIZE];
};

#endif
