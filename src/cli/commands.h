/* Every command, in the order of the help. A new command: its file, one line in each list here. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct cli_command cmd_init, cmd_add, cmd_edit, cmd_approve, cmd_return, cmd_show, cmd_log,
        cmd_figures, cmd_explain, cmd_import;

#define CLI_COMMAND_TABLE \
	&cmd_init, \
	&cmd_add, \
	&cmd_edit, \
	&cmd_approve, \
	&cmd_return, \
	&cmd_import, \
	&cmd_show, \
	&cmd_log, \
	&cmd_figures, \
	&cmd_explain

#endif
