// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* User space with libbpf: loads and attaches the program, and prints a line for each event. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "@NAME@.h"
#include "@NAME@.skel.h"

#define POLL_MS 200

static volatile sig_atomic_t ending;

static void end(int signal)
{
	(void)signal;
	ending = 1;
}

static int show(void *context, void *data, size_t size)
{
	const struct event *e = data;

	(void)context;
	if (size >= sizeof(*e))
		printf("%7d %7d %-15s %s\n", e->pid, e->ppid, e->comm, e->fname);
	return 0;
}

static int print_events(struct program *program)
{
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(program->maps.events), show, NULL, NULL);
	int found = 0;

	if (!ring)
		return -errno;
	printf("%7s %7s %-15s %s\n", "PID", "PPID", "COMM", "FNAME");
	while (!ending && (found >= 0 || found == -EINTR)) {
		fflush(stdout);
		found = ring_buffer__poll(ring, POLL_MS);
	}
	ring_buffer__free(ring);
	if (program->bss->lost_events)
		fprintf(stderr, "%llu events were lost\n", (unsigned long long)program->bss->lost_events);
	return found < 0 && found != -EINTR ? found : 0;
}

static int run(int ppid)
{
	struct program *program = program__open();
	int error;

	if (!program)
		return -errno;
	program->rodata->target_ppid = ppid; /* before the program is loaded: the kernel sees a constant */
	error = program__load(program);
	if (!error)
		error = program__attach(program);
	if (!error)
		error = print_events(program);
	program__destroy(program);
	return error;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "ppid", required_argument, NULL, 'p' }, { 0 } };
	int option, error, ppid = 0;

	while ((option = getopt_long(argc, argv, "p:", options, NULL)) != -1) {
		if (option != 'p') {
			fprintf(stderr, "usage: %s [--ppid PID]\n", argv[0]);
			return 2;
		}
		ppid = atoi(optarg);
	}
	signal(SIGINT, end);
	signal(SIGTERM, end);
	error = run(ppid);
	if (error)
		fprintf(stderr, "%s: %s\n", argv[0], strerror(-error));
	return error != 0;
}
