/* Text on its way out: collected, and written when a record is whole. No terminal obeys what programs put into it. */
#ifndef TEXT_H
#define TEXT_H

#include "host.h"

#define PIPE_CLOSED 64 /* EPIPE of WASI: the reader has what it wanted */

static char out[1 << 14];
static u32 out_size;
static s32 out_file = STDOUT;

static void flush(void)
{
	for (u32 at = 0; at < out_size;) {
		struct slice part = { out + at, out_size - at };
		u32 done = 0;
		s32 error = fd_write(out_file, &part, 1, &done);

		if (error || !done)
			proc_exit(error == PIPE_CLOSED ? 0 : FAILED);
		at += done;
	}
	out_size = 0;
}

static void put(char character)
{
	if (out_size == sizeof(out))
		flush();
	out[out_size++] = character;
}

static u32 length(const char *text)
{
	u32 size = 0;

	while (text[size])
		size++;
	return size;
}

static void say(const char *text)
{
	while (*text)
		put(*text++);
}

static void spaces(u32 count)
{
	while (count--)
		put(' ');
}

static void unsigned_number(u64 number)
{
	char digits[20];
	u32 count = 0;

	do
		digits[count++] = '0' + number % 10;
	while (number /= 10);
	while (count)
		put(digits[--count]);
}

static void signed_number(s64 number)
{
	if (number < 0)
		put('-');
	unsigned_number(number < 0 ? 0 - (u64)number : (u64)number);
}

/* 128 bits, by long division of four words of 32 bits. */
static void wide_number(u64 low, u64 high, int is_signed)
{
	u32 words[4], count = 0;
	char digits[40];

	if (is_signed && high >> 63) {
		put('-');
		low = 0 - low;
		high = ~high + !low;
	}
	words[0] = high >> 32, words[1] = high, words[2] = low >> 32, words[3] = low;
	do {
		u64 rest = 0;

		for (u32 at = 0; at < 4; at++) {
			rest = rest << 32 | words[at];
			words[at] = rest / 10;
			rest %= 10;
		}
		digits[count++] = '0' + rest;
	} while (words[0] | words[1] | words[2] | words[3]);
	while (count)
		put(digits[--count]);
}

/* Nine digits, which is what a float holds; null for what is not finite. */
static void real_number(double number)
{
	s32 exponent = 0;

	if (number != number || number - number != 0) {
		say("null");
		return;
	}
	if (number < 0)
		put('-'), number = -number;
	while (number >= 1e16)
		number /= 10, exponent++;
	while (number && number < 1e-5)
		number *= 10, exponent--;
	u64 whole = (u64)number, part = (u64)((number - (double)whole) * 1e9 + 0.5), step = 100000000;

	if (part >= 1000000000)
		whole++, part = 0;
	unsigned_number(whole);
	put('.');
	do
		put('0' + part / step % 10);
	while (part %= step, part && (step /= 10));
	if (exponent)
		put('e'), signed_number(exponent);
}

/* How many bytes a character of UTF-8 has here, 0 where there is none (RFC 3629). */
static u32 character_size(const u8 *text, u32 left)
{
	u32 size = text[0] < 0x80 ? 1 : text[0] < 0xc2 ? 0 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : text[0] < 0xf5 ? 4 : 0;

	if (size > left)
		return 0;
	for (u32 at = 1; at < size; at++)
		if (text[at] >> 6 != 2)
			return 0;
	if (size == 3 && ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f)))
		return 0;
	if (size == 4 && ((text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f)))
		return 0;
	return size;
}

static void escaped(u8 character)
{
	say("\\u00");
	put("0123456789abcdef"[character >> 4]);
	put("0123456789abcdef"[character & 15]);
}

/* Text up to its NUL, at most `size` bytes, as in JSON but for the quotes. */
static void inner_text(const u8 *text, u32 size)
{
	for (u32 at = 0; at < size && text[at];) {
		u32 count = character_size(text + at, size - at);

		if (count == 1 && (text[at] == '"' || text[at] == '\\'))
			put('\\'), put(text[at]);
		else if (count == 1 && text[at] == '\n')
			say("\\n");
		else if (count == 1 && text[at] == '\t')
			say("\\t");
		else if ((count == 1 && (text[at] < ' ' || text[at] == 0x7f)) || (count == 2 && text[at] == 0xc2 && text[at + 1] < 0xa0))
			escaped(text[at + count - 1]);
		else if (!count)
			say("\\ufffd");
		else
			for (u32 byte = 0; byte < count; byte++)
				put(text[at + byte]);
		at += count ? count : 1;
	}
}

_Noreturn static void quit(u32 code, const char *what, const char *name)
{
	flush();
	out_file = STDERR;
	say("error: ");
	say(what);
	inner_text((const u8 *)name, length(name));
	put('\n');
	flush();
	proc_exit(code);
}

#endif
