/* The commands about configuration files, which need no daemon. Each prints and returns an exit code. */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include "cli/exit.h"
#include "cli/file_args.h"

/* All of them: argv[1] is one by file_args_are. */
int files_main(int argc, const char *const *argv);

/* utcctl init: a template of config/. */
int files_init(const struct file_args *a);

/* utcctl import: another daemon's configuration as one of ours. */
int files_import(const struct file_args *a);

/* utcctl check: a configuration judged. */
int files_check(const struct file_args *a);

/* utcctl config explain: a key, its value and where that is from. */
int files_explain(const struct file_args *a);

/* A new file at `path` (NULL or "-": standard output) with this text; an old one stays unless `force`, which replaces it as a whole (host/file.h) by one
 * of the same owner and mode. Returns an exit code, and has told a failure: then what was there is there. */
int files_write(const char *path, bool force, const char *text);

/* "utcctl: ...": a sentence on standard error, with --json an object on standard output as well. Returns code. */
__attribute__((format(printf, 2, 3))) int files_fail(enum cli_exit code, const char *format, ...);

/* What is read where no file is named: the installed place if there is a file, else NULL, the defaults. */
const char *files_default(void);

#endif
