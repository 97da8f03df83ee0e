/* The commands of utcctl. Each prints and returns an exit code. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/args.h"
#include "cli/ask.h"
#include "cli/exit.h"
#include "observe/json.h"

/* The whole of utcctl. Returns the exit code. */
int command_main(int argc, const char *const *argv);

/* Does --json stand anywhere? For a failure to read the command line, of which only a part was read. */
bool command_says_json(int argc, const char *const *argv);

/* Every command and option, on standard output; about: those of that command alone, with an example and exit codes, where it is one. Returns CLI_OK. */
int command_help(const char *about);

/* utcctl query. */
int command_query(const struct args *a);

/* utcctl sim. */
int command_sim(const struct args *a);

/* utcctl acl test, utcctl clients. */
int command_acl(const struct args *a);
int command_clients(const struct args *a);

/* Verbs that change something in the daemon: reload, sources add|remove|online|offline, burst, log level, step. */
int command_change(const struct args *a);

/* utcctl explain, utcctl doctor. */
int command_explain(const struct args *a);
int command_doctor(const struct args *a);

/* The source that is named as status names it, by its address, or as s2 for the second; NULL: there is none. */
const struct snapshot_source *command_find_source(const struct snapshot *s, const char *name);

/* utcctl top. */
int command_top(const struct args *a);

/* utcctl completion: a shell's script, from the same tables that the command line is read by. */
int command_completion(const struct args *a);

/* Asks the daemon for sections of its snapshot, and tells a failure. Returns CLI_OK with *out, or the exit code. */
int command_ask(const struct args *a, uint32_t sections, struct asked *out);

/* The same for any request. */
int command_ask_request(const struct args *a, const struct control_request *request, struct asked *out);

/* One JSON object of those parts (NULL ends them) on standard output. */
void command_print_json(const struct snapshot *s, void (*const *parts)(struct json *, const struct snapshot *));

/* Tells a failure: a sentence on standard error, with --json an object on standard output as well. Returns code. */
int command_fail(const struct args *a, enum cli_exit code, const char *sentence);

/* Sleep. */
void command_pause(struct dur_ns d);

#endif
