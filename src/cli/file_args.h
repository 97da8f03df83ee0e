/* The command line of the commands about configuration files, which need no daemon: init, import, check, config explain. */
#ifndef CLI_FILE_ARGS_H
#define CLI_FILE_ARGS_H

#include <stdbool.h>
#include <stddef.h>

enum file_verb { FILE_INIT, FILE_IMPORT, FILE_CHECK, FILE_CONFIG, FILE_VERBS };

#define FILE_WORDS_MAX 2

struct file_args {
    enum file_verb verb;
    unsigned words;
    const char *word[FILE_WORDS_MAX];   /* all text is borrowed from argv */
    const char *profile, *output, *from, *config;
    bool force, live, json, sarif, help;
    char error[320];
};

/* Is the first word behind the program's name, options aside, one of them? */
bool file_args_are(int argc, const char *const *argv);

/* Returns 0, or -UE_SYNTAX with error set. */
int file_args_parse(int argc, const char *const *argv, struct file_args *out);

/* Their names, for "did you mean". */
const char *file_verb_name(enum file_verb v);

/* Their options by number, for completion: name, for which verbs (bits); false when there is none. */
bool file_args_option(size_t i, const char **name, unsigned *for_verbs);

#endif
