/* Records as lines: a JSON object each, or columns under a header. */
#ifndef EVENTS_H
#define EVENTS_H

#include "values.h"
#include "program.h"

#define DAY 86400
#define TIME_COLUMNS 9

static const void *headed; /* whose header was the last */

static void two_digits(u32 number, char end)
{
	put('0' + number / 10), put('0' + number % 10);
	if (end)
		put(end);
}

static void time_of_day(void)
{
	u64 now = 0;

	clock_time_get(REALTIME, 1000000, &now);
	u32 second = now / 1000000000 % DAY;

	two_digits(second / 3600, ':'), two_digits(second / 60 % 60, ':'), two_digits(second % 60, 0);
}

/* Room up to a column, or one space where the line is past it already. */
static void fill(u32 from, u32 column)
{
	u32 used = out_size - from;

	spaces(used < column ? column - used : 1);
}

static void header(const void *whose, const struct type *const *types, u32 count)
{
	if (headed == whose)
		return;
	headed = whose;
	u32 from = out_size, column = TIME_COLUMNS;

	say("TIME");
	for (u32 part = 0; part < count; part++)
		for (u32 at = 0; at < types[part]->count; at++) {
			const struct field *field = &types[part]->fields[at];

			fill(from, column);
			column += field->width + 1;
			for (const char *name = field->name; *name; name++)
				put(*name >= 'a' && *name <= 'z' ? *name - 32 : *name);
		}
	put('\n');
}

/* A line of one record, or of a key and a value: parts with their types. */
static void line(const char *label, const u8 *const *parts, const struct type *const *types, u32 count)
{
	int first = 1;
	u32 from = out_size, column = TIME_COLUMNS;

	if (as_json)
		put('{');
	else
		time_of_day();
	if (as_json && label)
		say("\"event\":\""), say(label), put('"'), first = 0;
	for (u32 part = 0; part < count; part++)
		for (u32 at = 0; at < types[part]->count; at++) {
			const struct field *field = &types[part]->fields[at];

			if (!as_json)
				fill(from, column);
			column += field->width + 1;
			if (as_json)
				say(first ? "\"" : ",\""), say(field->name), say("\":");
			put_value(parts[part] + field->offset, field->type, as_json);
			first = 0;
		}
	say(as_json ? "}\n" : "\n");
}

static s32 on_record(u32 stream, const u8 *record, u32 size)
{
	const struct type *type = streams[stream].type;

	for (u32 at = size; at < type->size; at++) /* a text at the end may be cut; the rest of it is of no record */
		((u8 *)record)[at] = 0;
	if (out_size > sizeof(out) / 2)
		flush(); /* so that columns can be counted */
	if (!as_json)
		header(&streams[stream], &type, 1);
	line(STREAMS + VIEWS > 1 ? streams[stream].label : 0, &record, &type, 1);
	return 0;
}

#endif
