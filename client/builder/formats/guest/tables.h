/* What program.h, which the build writes for each program, tells of it. */
#ifndef TABLES_H
#define TABLES_H

#include "options.h"

struct stream {
	const char *map, *label;
	const struct type *type;
};

enum show { ROWS, LOG2, LINEAR };

/* `interval` in milliseconds; `slots` lie at `slots_at` in the value, `step` and `base` are the bounds of linear ones. */
struct view {
	const char *map, *unit;
	enum show show;
	int clear, is_array;
	u64 interval;
	const struct type *key, *value, *slots;
	u32 slots_at;
	s64 step, base;
};

/* `is_open`: its section does not say where it attaches. */
struct program {
	const char *name, *target;
	int is_open;
};

#endif
