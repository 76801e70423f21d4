/* Maps that are looked at again and again: a line for each key, or a histogram of its slots. */
#ifndef VIEWS_H
#define VIEWS_H

#include "events.h"

#define BAR 40
#define WIDE_FROM 32

static u8 key[KEY_BYTES], next_key[KEY_BYTES], map_value[VALUE_BYTES];

static void right(s64 number, u32 width)
{
	u32 digits = 1;

	for (u64 rest = number < 0 ? 0 - (u64)number : (u64)number; rest /= 10;)
		digits++;
	digits += number < 0;
	spaces(digits < width ? width - digits : 0);
	signed_number(number);
}

static s64 low_of(const struct view *view, u32 slot)
{
	return view->show == LINEAR ? view->base + slot * view->step : slot ? 1ll << slot : 0;
}

static void histogram(const struct view *view)
{
	const struct type *type = view->slots;
	const u8 *slots = map_value + view->slots_at;
	u64 most = 0;
	u32 last = 0;

	for (u32 slot = 0; slot < type->count; slot++) {
		u64 count = integer_at(slots + slot * type->item->size, type->item);

		last = count ? slot + 1 : last;
		most = count > most ? count : most;
	}
	u32 width = view->show == LOG2 && last > WIDE_FROM ? 20 : 10;

	spaces(width - 5), say(*view->unit ? view->unit : "value"), spaces(width + 4);
	say(" : count     distribution\n");
	for (u32 slot = 0; slot < last; slot++) {
		u64 count = integer_at(slots + slot * type->item->size, type->item);
		u32 stars = most ? count * BAR / most : 0;

		flush();
		right(low_of(view, slot), width), say(" -> "), right(low_of(view, slot + 1) - 1, width);
		say(" : "), right(count, 9), say(" |");
		for (u32 star = 0; star < BAR; star++)
			put(star < stars ? '*' : ' ');
		say("|\n");
	}
}

static void show_key(const struct view *view)
{
	const struct type *types[] = { view->key, view->value };
	const u8 *parts[] = { key, map_value };

	flush();
	if (as_json) {
		line(STREAMS + VIEWS > 1 ? view->map : 0, parts, types, 2);
	} else if (view->show == ROWS) {
		header(view, types, 2);
		line(0, parts, types, 2);
	} else {
		time_of_day(), put(' '), put_value(key, view->key, 1), put('\n');
		histogram(view);
	}
}

static int is_all_zero(const u8 *bytes, u32 size)
{
	while (size && !bytes[size - 1])
		size--;
	return !size;
}

static void look(const struct view *view, s32 map)
{
	void *before = 0;

	for (u32 count = 0; count < MOST_KEYS && !map_operate(map, NEXT_KEY, before, 0, next_key, 0); count++) {
		copy(key, next_key, view->key->size);
		before = key;
		if (map_operate(map, LOOK_UP, key, map_value, 0, 0))
			continue; /* another processor deleted it */
		if (!(view->is_array && is_all_zero(map_value, view->value->size)))
			show_key(view);
		if (view->clear && !map_operate(map, DELETE, key, 0, 0, 0))
			before = 0;
	}
	flush();
}

#endif
