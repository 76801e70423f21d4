/* The user space of one BPF object: it loads it, attaches its programs, and writes its events until it is stopped. */
#include "arguments.h"
#include "events.h"
#include "views.h"

#define SECOND 1000000000ull
#define MILLISECOND 1000000ull
#define LONGEST_POLL 100 /* milliseconds */

static u8 record[RECORD_BYTES];
static s32 stream_maps[STREAMS + 1], view_maps[VIEWS + 1];
static u64 due[VIEWS + 1];

static u64 now(void)
{
	u64 made = 0;

	clock_time_get(MONOTONIC, MILLISECOND, &made);
	return made;
}

static void sleep(u64 nanoseconds)
{
	struct alarm alarm = { .clock = MONOTONIC, .nanoseconds = nanoseconds };
	u8 event[32];
	u32 done;

	poll_oneoff(&alarm, event, 1, &done);
}

static s32 opened(u64 object, const char *name)
{
	s32 map = map_number(object, name);

	if (map < 0)
		quit(FAILED, "the host does not find map ", name);
	return map;
}

static u64 start(void)
{
	u64 object = load_object(object_bytes, OBJECT_BYTES);

	if (!object)
		quit(FAILED, "the host does not load the BPF object of ", name);
	for (u32 at = 0; at < STREAMS; at++)
		stream_maps[at] = opened(object, streams[at].map);
	for (u32 at = 0; at < VIEWS; at++)
		view_maps[at] = opened(object, views[at].map), due[at] = now() + views[at].interval * MILLISECOND;
	for (u32 at = 0; at < PROGRAMS; at++) {
		const char *where = !programs[at].is_open ? 0 : target ? target : programs[at].target;

		if (attach_program(object, programs[at].name, where) < 0)
			quit(FAILED, "the host does not attach program ", programs[at].name);
	}
	return object;
}

/* Looks at what is due; tells how many nanoseconds are left to the next. */
static u64 look_around(void)
{
	u64 time = now(), soonest = time + (STREAMS ? LONGEST_POLL * MILLISECOND : SECOND);

	for (u32 at = 0; at < VIEWS; at++) {
		if (due[at] <= time) {
			look(&views[at], view_maps[at]);
			due[at] = time + views[at].interval * MILLISECOND;
		}
		soonest = due[at] < soonest ? due[at] : soonest;
	}
	time = now();
	return soonest > time ? soonest - time : 0;
}

static int is_interrupted(s32 answer)
{
	return answer == -4 || answer == -27; /* EINTR as Linux and as WASI number it */
}

/* Success is to return: upstream's runtime takes proc_exit for a failure, whatever the number. */
void _start(void)
{
	read_arguments();
	if (wants_help) {
		help();
		return;
	}
	u64 object = start();

	for (;;) {
		u64 left = look_around();

		if (!STREAMS)
			sleep(left);
		for (u32 at = 0; at < STREAMS; at++) {
			s32 answer = buffer_poll(object, stream_maps[at], (s32)on_record, at, record, sizeof(record),
						 left / MILLISECOND / STREAMS + 1);

			flush();
			if (is_interrupted(answer))
				return;
			if (answer < 0)
				quit(FAILED, "the host does not read map ", streams[at].map);
		}
	}
}
