/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef BPFSNOOP_H
#define BPFSNOOP_H

#define COMM_SIZE 16
#define NAME_SIZE 16 /* BPF_OBJ_NAME_LEN */

/* bpf(2), in the order of enum bpf_cmd. */
enum command {
	MAP_CREATE,
	MAP_LOOKUP_ELEM,
	MAP_UPDATE_ELEM,
	MAP_DELETE_ELEM,
	MAP_GET_NEXT_KEY,
	PROG_LOAD,
	OBJ_PIN,
	OBJ_GET,
	PROG_ATTACH,
	PROG_DETACH,
	PROG_TEST_RUN,
	PROG_GET_NEXT_ID,
	MAP_GET_NEXT_ID,
	PROG_GET_FD_BY_ID,
	MAP_GET_FD_BY_ID,
	OBJ_GET_INFO_BY_FD,
	PROG_QUERY,
	RAW_TRACEPOINT_OPEN,
	BTF_LOAD,
	BTF_GET_FD_BY_ID,
	TASK_FD_QUERY,
	MAP_LOOKUP_AND_DELETE_ELEM,
	MAP_FREEZE,
	BTF_GET_NEXT_ID,
	MAP_LOOKUP_BATCH,
	MAP_LOOKUP_AND_DELETE_BATCH,
	MAP_UPDATE_BATCH,
	MAP_DELETE_BATCH,
	LINK_CREATE,
	LINK_UPDATE,
	LINK_GET_FD_BY_ID,
	LINK_GET_NEXT_ID,
	ENABLE_STATS,
	ITER_CREATE,
	LINK_DETACH,
	PROG_BIND_MAP,
	TOKEN_CREATE,
};

struct event {
	/// Process
	int pid;
	/// User that it runs as
	unsigned int uid;
	/// Its command
	char comm[COMM_SIZE];
	/// What it asked of the kernel
	enum command command;
	/// File descriptor or 0, or an error
	/// @show errno
	int ret;
	/// Name of the map or program that it makes
	char name[NAME_SIZE];
};

#endif
