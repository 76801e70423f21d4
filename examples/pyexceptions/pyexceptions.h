/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef PYEXCEPTIONS_H
#define PYEXCEPTIONS_H

#define COMM_SIZE 16
#define NAME_SIZE 64

struct event {
	/// Process
	int pid;
	/// Its command
	char comm[COMM_SIZE];
	/// Class of the exception
	char name[NAME_SIZE];
};

#endif
