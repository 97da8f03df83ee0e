#include "cli/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "daemon/built.h"
#include "host/file.h"

static bool wants_json; /* of the one command that this process runs */

int files_fail(enum cli_exit code, const char *format, ...)
{
    char sentence[PATH_MAX + 512];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    for (char *c = sentence; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?'; /* what a terminal would obey */
    return command_fail(&(struct args){ .json = wants_json }, code, sentence);
}

const char *files_default(void) { return access(SIMPLE_UTCD_CONFIG, F_OK) == 0 ? SIMPLE_UTCD_CONFIG : NULL; }

/* Written beside the old one and renamed over it, so that a full disk, a signal or a power cut in between costs nothing. */
static int replace(const char *path, const struct stat *old, const char *text)
{
    char beside[PATH_MAX];
    int err = ENAMETOOLONG;

    if (snprintf(beside, sizeof beside, "%s.utcctl-new", path) < (int)sizeof beside)
        err = host_file_replace(&(struct host_file){ .path = path, .beside = beside, .mode = 0644, .like = old }, text, strlen(text));
    if (err)
        return files_fail(err == EACCES || err == EPERM ? CLI_PERMISSION : CLI_GENERAL, "cannot write %s: %s", path, strerror(err));
    return CLI_OK;
}

/* The name is taken first, by an empty file: of two that are asked for it at once only one gets it. */
static int create(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_EXCL, 0644), code;

    if (fd < 0 && errno == EEXIST)
        return files_fail(CLI_GENERAL, "%s exists; --force replaces it", path);
    if (fd < 0)
        return files_fail(errno == EACCES ? CLI_PERMISSION : CLI_GENERAL, "cannot write %s: %s", path, strerror(errno));
    close(fd);
    code = replace(path, NULL, text);
    if (code != CLI_OK)
        unlink(path);
    return code;
}

int files_write(const char *path, bool force, const char *text)
{
    size_t len = strlen(text);
    struct stat old;

    if (!path || strcmp(path, "-") == 0)
        return fwrite(text, 1, len, stdout) == len && fflush(stdout) == 0 ? CLI_OK : files_fail(CLI_GENERAL, "cannot write: %s", strerror(errno));
    if (!force || lstat(path, &old) != 0)
        return create(path, text);
    if (!S_ISREG(old.st_mode))
        return files_fail(CLI_GENERAL, "%s is no regular file, and stays as it is: name the file itself, or \"-\" for standard output", path);
    return replace(path, &old, text);
}

int files_main(int argc, const char *const *argv)
{
    static int (*const run[FILE_VERBS])(const struct file_args *) = {
        [FILE_INIT] = files_init, [FILE_IMPORT] = files_import, [FILE_CHECK] = files_check, [FILE_CONFIG] = files_explain
    };
    struct file_args a;

    int err = file_args_parse(argc, argv, &a);

    wants_json = err ? command_says_json(argc, argv) : a.json;
    if (err != 0)
        return files_fail(CLI_USAGE, "%s", a.error);
    if (a.help)
        return command_help(file_verb_name(a.verb));
    return run[a.verb](&a);
}
