/* import --edits: a work copy handed back in. */
#ifndef CLI_EDITS_H
#define CLI_EDITS_H

#include "cli/cli.h"

/** Hand the work copy in and tell what became of it; returns the exit status. message may be NULL.
 */
int edits_run(struct cli *cli, const char *file, const char *copy, const char *author,
              const char *message, bool dry_run);

#endif
