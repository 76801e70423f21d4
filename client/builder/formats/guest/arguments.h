/* Which words of the command line mean which option, and the help. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include "options.h"
#include "program.h"

#define HELP_COLUMN 28

static int wants_help;

static void help(void)
{
	say(about), say("\n\nOptions:\n");
	for (u32 at = 0; at < OPTIONS; at++) {
		const struct option *option = &options[at];
		u32 from = out_size;

		say("  ");
		if (option->letter)
			put('-'), put(option->letter), say(", ");
		say("--"), say(option->name), say(option->type->kind == BOOLEAN ? "" : " VALUE");
		spaces(out_size - from < HELP_COLUMN ? HELP_COLUMN - (out_size - from) : 1);
		say(option->help), put('\n');
	}
	say("  -j, --json                A JSON object for each event\n");
	if (HAS_TARGET)
		say("  --target NAME             The interface or the folder of a cgroup where it attaches\n");
	say("  -h, --help                This\n");
	flush();
}

static const char *value_of(const char *word, u32 name, char **words, u32 *at, u32 count)
{
	if (word[name] == '=')
		return word + name + 1;
	if (++*at >= count)
		quit(MISUSED, "a value is missing behind --", word);
	return words[*at];
}

static void long_word(const char *word, char **words, u32 *at, u32 count)
{
	const char *meaning, *rest = without_switch(word, &meaning);
	u32 size;

	for (u32 which = 0; which < OPTIONS; which++) {
		const struct option *option = &options[which];
		int is_switch = option->type->kind == BOOLEAN;

		size = is_called(word, option->name);
		if (size && !(is_switch && word[size] != '=')) {
			set_option(object_bytes, option, value_of(word, size, words, at, count));
			return;
		}
		if (is_switch && (size || (rest && is_called(rest, option->name)))) {
			set_option(object_bytes, option, size ? "true" : meaning);
			return;
		}
	}
	if (is_called(word, "help"))
		wants_help = 1;
	else if (is_called(word, "json"))
		as_json = 1;
	else if (HAS_TARGET && (size = is_called(word, "target")))
		target = value_of(word, size, words, at, count);
	else
		quit(MISUSED, "there is no option --", word);
}

static void short_words(const char *letters, char **words, u32 *at, u32 count)
{
	for (; *letters; letters++) {
		const struct option *option = 0;

		for (u32 which = 0; which < OPTIONS; which++)
			if (options[which].letter == *letters)
				option = &options[which];
		if (option && option->type->kind != BOOLEAN) {
			if (!letters[1] && ++*at >= count)
				quit(MISUSED, "a value is missing behind -", letters);
			set_option(object_bytes, option, letters[1] ? letters + 1 : words[*at]);
			return;
		}
		if (option)
			set_option(object_bytes, option, "true");
		else if (*letters == 'j')
			as_json = 1;
		else if (*letters == 'h')
			wants_help = 1;
		else
			quit(MISUSED, "there is no option -", letters);
	}
}

static void read_arguments(void)
{
	static char *words[256];
	static char text[1 << 16];
	u32 count, size;

	if (args_sizes_get(&count, &size) || count > 256 || size > sizeof(text) || args_get(words, text))
		quit(MISUSED, "too many arguments", "");
	/* Upstream's ecli gives no argv[0]. */
	for (u32 at = count && words[0][0] == '-' ? 0 : 1; at < count && !wants_help; at++) {
		if (words[at][0] == '-' && words[at][1] == '-' && words[at][2])
			long_word(words[at] + 2, words, &at, count);
		else if (words[at][0] == '-' && words[at][1] && words[at][1] != '-')
			short_words(words[at] + 1, words, &at, count);
		else
			quit(MISUSED, "nothing but options is taken: ", words[at]);
	}
}

#endif
