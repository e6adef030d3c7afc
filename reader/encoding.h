/* Text encodings of plain text files: a guess from the bytes, and conversion to UTF-8. Pure
 * functions, thread-safe. */
#ifndef READER_ENCODING_H
#define READER_ENCODING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum encoding {
	ENCODING_1250, /* Central Europe: only when told */
	ENCODING_1251, /* Cyrillic */
	ENCODING_1252, /* Western Europe */
	ENCODING_1254, /* Turkish */
	ENCODING_UTF8,
	ENCODING_UTF16LE,
	ENCODING_UTF16BE
};

/** "windows-1251" ...; "UTF-8". Never NULL. */
const char *encoding_name(enum encoding en);
/** By name: "UTF-8", "windows-1251", "CP1251", "1251", "latin1" (as 1252), "UTF-16LE". False if
 * unknown. */
bool encoding_from_name(const char *name, enum encoding *ret);
/**
 * Guess. *ret_sure: a byte order mark or valid UTF-8 says so. Else the pattern of high bytes
 * decides: runs of them are Cyrillic; letters that only Turkish uses make it 1254; the rest is
 * 1252.
 */
enum encoding encoding_guess(const char *s, size_t n, bool *ret_sure);
/** The same for bytes that cannot be UTF-16. */
enum encoding encoding_guess_8bit(const char *s, size_t n, bool *ret_sure);
/** The name that iconv knows: "CP1251". */
const char *encoding_iconv_name(enum encoding en);
/** Bytes of the byte order mark at the start, 0 if there is none for this encoding. */
size_t encoding_mark(enum encoding en, const char *s, size_t n);
/** Append n bytes as UTF-8. False: some bytes had no character and went as U+FFFD. */
bool encoding_to_utf8(enum encoding en, const char *s, size_t n, struct buf *b);

#endif
