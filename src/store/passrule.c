#include "store/passrule.h"

#include <stdbool.h>
#include <string.h>

#include "base/password.h"
#include "base/text.h"

#include "passwords_gen.h"

/* Words of this place, which a guesser tries first. */
static const char *const place_words[] = { "fallow",   "minefield", "mineaction", "demining",
	                                   "landmine", "landmines", "deminer",    "imsma" };

/* Is the word a line of the list? */
static bool
listed(const char *word, size_t n)
{
	const char *p = passwords_files[0].data;

	while (*p) {
		size_t line = strcspn(p, "\n");

		if (line == n && memcmp(p, word, n) == 0)
			return true;
		p += line + (p[line] == '\n');
	}
	return false;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

static char
plain_letter(char c)
{
	static const char from[] = "013457@$!+", to[] = "oleastasit";
	const char *at = c ? strchr(from, c) : NULL;

	return at ? to[at - from] : c;
}

/* Is it common, the account's name, or a word of this place? */
static bool
guessed(const char *word, size_t n, const char *name)
{
	if (n == 0)
		return false;
	if (listed(word, n) || (strlen(name) == n && memcmp(word, name, n) == 0))
		return true;
	for (size_t i = 0; i < sizeof(place_words) / sizeof(*place_words); i++)
		if (strlen(place_words[i]) == n && memcmp(word, place_words[i], n) == 0)
			return true;
	return false;
}

/* One sign again and again, signs that follow each other, or a short piece repeated. */
static bool
is_run(const char *p, size_t n)
{
	for (int step = -1; step <= 1; step++) {
		size_t i = 1;

		while (i < n && p[i] - p[i - 1] == step)
			i++;
		if (i == n)
			return true;
	}
	for (size_t unit = 1; unit <= 4; unit++)
		if (n >= 2 * unit && memcmp(p, p + unit, n - unit) == 0)
			return true;
	return false;
}

/* The password without what is put around a word, and with letters for digits. */
static bool
is_dressed(const char *p, size_t n, const char *name)
{
	char plain[PASSWORD_MAX];
	size_t from = 0, to = n;

	while (from < to && !is_letter(p[from]))
		from++;
	while (to > from && !is_letter(p[to - 1]))
		to--;
	if (n - (to - from) <= 6 && guessed(p + from, to - from, name))
		return true;
	for (size_t i = 0; i < n; i++)
		plain[i] = plain_letter(p[i]);
	if (guessed(plain, n, name))
		return true;
	/* letters for digits inside, digits and signs behind: p4ssw0rd2024! */
	return to > from && n - to <= 6 && from <= 2 && guessed(plain + from, to - from, name);
}

enum err_code
passrule_check(const char *password, size_t n, const char *name, struct err *e)
{
	char lower[PASSWORD_MAX + 1];
	size_t length;

	if (!text_is_utf8(password, n) || memchr(password, 0, n))
		return err_set(e, ERR_INVALID, "a password is text");
	length = text_utf8_length(password, n);
	if (length < PASSRULE_LEAST)
		return err_set(e, ERR_INVALID,
		               "a password has at least %d characters; 15 or more are better",
		               PASSRULE_LEAST);
	if (length > PASSRULE_MOST || n > PASSWORD_MAX)
		return err_set(e, ERR_INVALID, "a password has at most %d characters (%d bytes)",
		               PASSRULE_MOST, PASSWORD_MAX);
	memcpy(lower, password, n);
	lower[n] = '\0';
	text_lower_ascii(lower);
	if (is_run(lower, n) || guessed(lower, n, name) || is_dressed(lower, n, name)) {
		password_wipe(lower, sizeof(lower));
		(void)err_hint(e, "Take three or four words that do not belong together.");
		return err_set(e, ERR_INVALID,
		               "this password is among the first that would be tried");
	}
	password_wipe(lower, sizeof(lower));
	return ERR_OK;
}
