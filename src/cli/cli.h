/* The command line: one table of commands, one way to read options, one place that prints errors.
 * A command connects the rooms and holds no logic of its own. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/pool.h"
#include "store/store.h"

#define CLI_EXIT_DONE 0
#define CLI_EXIT_FAILED 1
#define CLI_EXIT_USAGE 2
#define CLI_EXIT_QUARANTINE 3
#define CLI_EXIT_BROKEN 4
#define CLI_EXIT_UNKNOWN 5

struct cli {
	bool json;     /* --json: results as JSON on standard output */
	bool quiet;    /* --quiet: no progress, no remarks */
	bool progress; /* standard error is a terminal and not --quiet */
};

struct cli_command {
	const char *name;
	int (*run)(struct cli *cli, int argc,
	           char **argv); /* argv[0] = the command's name; returns the exit status */
	const char *summary;     /* one line */
	const char *synopsis;    /* lines after "fallow NAME " */
	const char *text;        /* paragraphs and options, plain text, at most 78 columns */
	const char *examples; /* lines; those that begin with "$ " are run by the tests, in a folder
	                         of their own */
};

/** The table, in the order of the help; ends with a NULL name. Each command lives in its own file.
 */
extern const struct cli_command *const cli_commands[];

/* An option of a command. */
struct cli_option {
	const char *name;   /* "--layer" */
	const char **value; /* takes a value; the last one counts */
	bool *flag;         /* takes none */
	const char **list;  /* may come often: values are added ... */
	size_t *count;      /* ... here, up to max */
	size_t max;
};

/* Where the words go that are no options. */
struct cli_operands {
	const char **word; /* room for max; gets pointers into argv */
	size_t max;
	size_t *ret_count; /* how many came */
};

/**
 * Split argv into options and operands; "--" ends options; --json, --quiet and --help are
 * everybody's. An option may be "--name value" or "--name=value". ERR_INVALID names what is unknown
 * or missing, or one word too many.
 */
MUST_CHECK enum err_code cli_parse(struct cli *cli, const struct cli_option *options, int argc,
                                   char **argv, const struct cli_operands *operands, struct err *e);
/** Tell of a usage error: the sentence, how to call the command, exit status 2. */
int cli_usage(const char *command, const struct err *e);
/** Tell of a failure on standard error; returns the exit status for it. */
int cli_fail(const struct err *e);
/** The same for what an open register is asked: what cannot be asked (ERR_INVALID) is a wrong
 * call. */
int cli_fail_question(const struct err *e);
/** A remark on standard error, unless --quiet. */
void cli_say(const struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3);
/** Open a register and tell its warning. */
MUST_CHECK enum err_code cli_open(const struct cli *cli, const char *path, enum store_mode mode,
                                  struct store **ret, struct err *e);
/** Show progress on a terminal: "doing  42 %" or a count when total is 0. Call as often as you
 * like. */
void cli_progress(const struct cli *cli, const char *doing, int64_t done, int64_t total);
/** Clear the progress line. */
void cli_progress_end(const struct cli *cli);
/** Print a buffer to standard output. */
MUST_CHECK enum err_code cli_print(const struct buf *b, struct err *e);
/** Who runs this: FALLOW_AUTHOR, else the login name, else "". */
const char *cli_author(void);

/** Print a text as a JSON string, quotes around it, to standard output. */
void cli_json_text(const char *text);

#endif
