/* Values by their types: out of a record's bytes, as JSON or in the columns of a table. */
#ifndef VALUES_H
#define VALUES_H

#include "text.h"

enum kind { INTEGER, BOOLEAN, TEXT, REAL, ENUMERATION, POINTER, ARRAY, STRUCT };

struct word {
	const char *name;
	s64 value;
};

/* `count` items of `item` in arrays, `fields` in structs, `words` of enumerations. */
struct type {
	enum kind kind;
	int is_signed;
	u32 size, count;
	const struct type *item;
	const struct field *fields;
	const struct word *words;
};

/* A value in a record; its name holds a dot where it comes from a struct inside. */
struct field {
	const char *name;
	u32 offset, width;
	const struct type *type;
};

static void copy(void *to, const void *from, u32 size)
{
	for (u32 at = 0; at < size; at++)
		((u8 *)to)[at] = ((const u8 *)from)[at];
}

static u64 word_at(const u8 *bytes, u32 size)
{
	u64 made = 0;

	copy(&made, bytes, size < 8 ? size : 8);
	return made;
}

static s64 integer_at(const u8 *bytes, const struct type *type)
{
	u64 made = word_at(bytes, type->size);
	u32 unused = type->size < 8 ? 64 - type->size * 8 : 0;

	return type->is_signed ? (s64)(made << unused) >> unused : (s64)made;
}

static void put_integer(const u8 *bytes, const struct type *type)
{
	if (type->size == 16)
		wide_number(word_at(bytes, 8), word_at(bytes + 8, 8), type->is_signed);
	else if (type->is_signed)
		signed_number(integer_at(bytes, type));
	else
		unsigned_number(integer_at(bytes, type));
}

static void put_real(const u8 *bytes, u32 size)
{
	u64 raw = word_at(bytes, size);
	double wide;
	float narrow;

	if (size == 4)
		copy(&narrow, &raw, 4), wide = narrow;
	else
		copy(&wide, &raw, 8);
	real_number(wide);
}

static const char *word_of(const u8 *bytes, const struct type *type)
{
	s64 value = integer_at(bytes, type);

	for (u32 at = 0; at < type->count; at++)
		if (type->words[at].value == value)
			return type->words[at].name;
	return 0;
}

/* A value as JSON, or without quotes around texts in a table. */
static void put_value(const u8 *bytes, const struct type *type, int quotes)
{
	const char *quote = quotes ? "\"" : "", *word;

	switch (type->kind) {
	case BOOLEAN:
		say(word_at(bytes, type->size) ? "true" : "false");
		break;
	case TEXT:
		say(quote), inner_text(bytes, type->size), say(quote);
		break;
	case REAL:
		put_real(bytes, type->size);
		break;
	case ENUMERATION:
		word = word_of(bytes, type);
		if (word)
			say(quote), say(word), say(quote);
		else
			put_integer(bytes, type);
		break;
	case ARRAY:
		for (u32 at = 0; at < type->count; at++)
			put(at ? ',' : '['), put_value(bytes + at * type->item->size, type->item, 1);
		say(type->count ? "]" : "[]");
		break;
	case STRUCT:
		for (u32 at = 0; at < type->count; at++) {
			const struct field *field = &type->fields[at];

			say(at ? ",\"" : "{\""), say(field->name), say("\":");
			put_value(bytes + field->offset, field->type, 1);
		}
		say(type->count ? "}" : "{}");
		break;
	default:
		quote = type->size == 16 ? quote : ""; /* few readers of JSON hold 128 bits */
		say(quote), put_integer(bytes, type), say(quote);
	}
}

#endif
