/* The command line: options that set variables in the embedded object before it is loaded, and a few of the guest's own. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "values.h"

/* `place`: of the variable, in bytes of the object. */
struct option {
	const char *name;
	char letter;
	u32 place;
	const struct type *type;
	const char *help;
};

static int as_json;
static const char *target; /* an interface or a cgroup's folder, for programs whose section leaves it open */

/* Compares as getopt would, but `_` is `-`; tells how much of `word` is the name, 0 for another one. */
static u32 is_called(const char *word, const char *name)
{
	u32 at = 0;

	for (; name[at]; at++)
		if (word[at] != name[at] && !(word[at] == '_' && name[at] == '-') && !(word[at] == '-' && name[at] == '_'))
			return 0;
	return word[at] == 0 || word[at] == '=' ? at : 0;
}

static int number_of(const char *text, u64 *number, int *is_negative)
{
	u32 base = 10;

	*is_negative = *text == '-';
	text += *text == '-' || *text == '+';
	if (text[0] == '0' && (text[1] | 32) == 'x')
		base = 16, text += 2;
	*number = 0;
	if (!*text)
		return 0;
	for (; *text; text++) {
		u32 digit = *text >= '0' && *text <= '9' ? *text - '0' : (*text | 32) >= 'a' ? (*text | 32) - 'a' + 10 : 99;

		if (digit >= base || *number > (~0ull - digit) / base)
			return 0;
		*number = *number * base + digit;
	}
	return 1;
}

static int fits(u64 number, int is_negative, const struct type *type)
{
	u32 bits = type->size * 8;
	u64 most = bits < 64 ? (1ull << bits) - 1 : ~0ull;

	if (!type->is_signed)
		return !(is_negative && number) && number <= most;
	return number <= (most >> 1) + is_negative;
}

static void set_number(u8 *place, const struct type *type, const char *text, const char *name)
{
	u64 number;
	int is_negative;

	for (u32 at = 0; type->kind == ENUMERATION && at < type->count; at++)
		if (is_called(text, type->words[at].name) == length(text)) {
			copy(place, &type->words[at].value, type->size);
			return;
		}
	if (!number_of(text, &number, &is_negative) || type->size > 8 || !fits(number, is_negative, type))
		quit(MISUSED, "no number that fits is given to --", name);
	number = is_negative ? 0 - number : number;
	copy(place, &number, type->size);
}

static void set_text(u8 *place, const struct type *type, const char *text, const char *name)
{
	u32 size = length(text);

	if (size >= type->size)
		quit(MISUSED, "too long a text is given to --", name);
	for (u32 at = 0; at < type->size; at++)
		place[at] = at < size ? text[at] : 0;
}

static double real_of(const char *text, const char *name)
{
	double made = 0, step = 1;
	int is_negative = *text == '-', point = 0;

	for (text += is_negative; *text; text++) {
		if (*text == '.' && !point)
			point = 1;
		else if (*text < '0' || *text > '9')
			quit(MISUSED, "no number is given to --", name);
		else if (point)
			made += (*text - '0') * (step /= 10);
		else
			made = made * 10 + (*text - '0');
	}
	return is_negative ? -made : made;
}

static void set_option(u8 *object, const struct option *option, const char *text)
{
	u8 *place = object + option->place;
	double wide;
	float narrow;

	if (option->type->kind == TEXT) {
		set_text(place, option->type, text, option->name);
	} else if (option->type->kind == BOOLEAN) {
		if (!is_called("true", text) && !is_called("false", text))
			quit(MISUSED, "neither true nor false is given to --", option->name);
		place[0] = text[0] == 't';
	} else if (option->type->kind == REAL) {
		wide = real_of(text, option->name), narrow = wide;
		copy(place, option->type->size == 4 ? (void *)&narrow : &wide, option->type->size);
	} else {
		set_number(place, option->type, text, option->name);
	}
}

/* `--no-NAME`, `--disable-NAME` and `--enable-NAME` of a boolean. */
static const char *without_switch(const char *word, const char **meaning)
{
	static const char *const begins[] = { "no-", "disable-", "enable-" };

	for (u32 which = 0; which < 3; which++) {
		u32 at = 0;

		while (begins[which][at] && begins[which][at] == word[at])
			at++;
		if (!begins[which][at]) {
			*meaning = which < 2 ? "false" : "true";
			return word + at;
		}
	}
	return 0;
}

#endif
