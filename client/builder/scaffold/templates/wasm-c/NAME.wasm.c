// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* User space in WebAssembly: lets the host load and attach the program, and prints a line for each event. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* `ecli build` makes both: the BPF object with functions to load it, and the structs of its events for 32 bits. */
#include "@NAME@.skel.h"
#include "@NAME@.wasm.h"

#define POLL_MS 200

static int show(void *context, void *record, size_t size)
{
	const struct event *e = record;

	(void)context;
	if (size >= sizeof(*e))
		printf("%7d %7d %-15s %s\n", e->pid, e->ppid, e->comm, e->fname);
	return 0;
}

static int print_events(struct @IDENTIFIER@_bpf *program)
{
	struct bpf_buffer *buffer = bpf_buffer__open(program->maps.events, show, NULL);
	int found = buffer ? 0 : -ENOMEM;

	printf("%7s %7s %-15s %s\n", "PID", "PPID", "COMM", "FNAME");
	while (found >= 0) {
		fflush(stdout);
		found = bpf_buffer__poll(buffer, POLL_MS);
	}
	bpf_buffer__free(buffer);
	return found == -EINTR ? 0 : found; /* -EINTR: the host was asked to end */
}

static int run(int ppid)
{
	struct @IDENTIFIER@_bpf *program = @IDENTIFIER@_bpf__open();
	int error;

	if (!program)
		return -ENOMEM;
	program->rodata->target_ppid = ppid; /* before the program is loaded: the kernel sees a constant */
	error = @IDENTIFIER@_bpf__load(program);
	if (!error)
		error = @IDENTIFIER@_bpf__attach(program);
	if (!error)
		error = print_events(program);
	@IDENTIFIER@_bpf__destroy(program);
	return error;
}

int main(int argc, char **argv)
{
	int ppid = argc == 3 && !strcmp(argv[1], "--ppid") ? atoi(argv[2]) : 0;

	if (argc > 1 && !ppid) {
		fprintf(stderr, "usage: %s [--ppid PID]\n", argv[0]);
		return 2;
	}
	if (run(ppid)) {
		fprintf(stderr, "%s: the host does not run the program\n", argv[0]);
		return 1;
	}
	return 0;
}
