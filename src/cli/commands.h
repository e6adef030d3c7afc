/* Every command of commands.def as `extern const struct cli_command cmd_NAME`. A new command: its
 * file and one line in commands.def. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/cli.h"

#define COMMAND(name) extern const struct cli_command cmd_##name;
#include "cli/commands.def"
#undef COMMAND

#endif
