/* utcctl help: the whole of it, or of one command alone. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/file_args.h"

#define JSON_LINE   "  --json          one JSON object instead of text\n"
#define SOCKET_LINE "  --socket PATH   the daemon's control socket, when it is not at its usual place\n"

/* command NULL: a heading. */
static const struct row { const char *command, *lines, *example, *exits; } rows[] = {
#define HELP(command, lines, example, exits) { command, lines, example, exits },
#define HELP_HEADING(lines) { NULL, lines, NULL, NULL },
#include "cli/help.def"
#undef HELP
#undef HELP_HEADING
};
#define ROWS (sizeof rows / sizeof rows[0])

static bool is_of(const struct row *r, const char *command) { return r->command && strcmp(r->command, command) == 0; }

static bool has_row(const char *command)
{
    for (size_t i = 0; i < ROWS; i++)
        if (is_of(&rows[i], command))
            return true;
    return false;
}

/* Does the option go with that command? Those about files tell theirs themselves. */
static bool takes(const char *command, const char *option)
{
    const char *name;
    unsigned commands;
    bool value;

    for (int c = 0; c < COMMAND_COUNT; c++)
        for (size_t i = 0; strcmp(command, args_command_name((enum command)c)) == 0 && args_option(i, &name, &value, &commands); i++)
            if (strcmp(name, option) == 0 && commands & 1u << c)
                return true;
    return false;
}

static void help_of(const char *command)
{
    for (size_t i = 0; i < ROWS; i++)
        if (is_of(&rows[i], command))
            fputs(rows[i].lines, stdout);
    if (takes(command, "--json"))
        fputs("\n" JSON_LINE, stdout);
    if (takes(command, "--socket"))
        fputs(SOCKET_LINE, stdout);
    for (size_t i = 0; i < ROWS; i++)
        if (is_of(&rows[i], command) && rows[i].example)
            printf("\nFor example:\n  %s\n\nExit codes: %s; else 1 failed, 2 wrong use. All of it: man utcctl\n", rows[i].example, rows[i].exits);
}

static void help_of_all(void)
{
    fputs("utcctl: asks the time daemon simple-utcd, or any time server\n\n", stdout);
    for (size_t i = 0; i < ROWS; i++)
        fputs(rows[i].lines, stdout);
    fputs("\n" JSON_LINE SOCKET_LINE
          "  --help          behind a command: of that command alone, with an example\n"
          "\n"
          "Exit codes: 0 done, 1 failed, 2 wrong use, 3 refused by the daemon, 4 not permitted, 5 no such address, 7 not synchronised, 8 no daemon runs.\n"
          "check: 0 nothing above a note, 10 warnings, 3 errors; import: 9 lines that nobody understands.\n",
          stdout);
}

int command_help(const char *about)
{
    if (about && has_row(about))
        help_of(about);
    else
        help_of_all();
    return CLI_OK;
}
