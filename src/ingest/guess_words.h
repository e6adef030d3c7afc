/* Words that guessing knows: names of columns in the languages of mine action files (English,
 * Ukrainian, Azerbaijani, Spanish, Bosnian; names of IMSMA and its exports), and values that stand
 * for a choice. Data; compared folded and, for names, without blanks. */
#ifndef INGEST_GUESS_WORDS_H
#define INGEST_GUESS_WORDS_H

struct guess_name {
	const char *field;
	const char *kinds; /* with blanks around each, NULL = every kind that has the field */
	const char *words; /* '|' between */
};

struct guess_value {
	const char *list;
	const char *code;
	const char *words;
};

/** Both end with a NULL field or list. */
extern const struct guess_name guess_names[];
extern const struct guess_value guess_values[];

#endif
