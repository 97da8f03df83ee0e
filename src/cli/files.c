#include "cli/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/built.h"

int files_fail(enum cli_exit code, const char *format, ...)
{
    va_list args;

    fputs("utcctl: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return (int)code;
}

const char *files_default(void) { return access(SIMPLE_UTCD_CONFIG, F_OK) == 0 ? SIMPLE_UTCD_CONFIG : NULL; }

int files_write(const char *path, bool force, const char *text)
{
    size_t len = strlen(text);
    FILE *f;
    int fd;

    if (!path || strcmp(path, "-") == 0)
        return fwrite(text, 1, len, stdout) == len ? CLI_OK : CLI_GENERAL;
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (force ? O_TRUNC : O_EXCL), 0644);
    if (fd < 0 && errno == EEXIST)
        return files_fail(CLI_GENERAL, "%s exists; --force writes over it", path);
    f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f)
        return files_fail(errno == EACCES ? CLI_PERMISSION : CLI_GENERAL, "cannot write %s: %s", path, strerror(errno));
    fwrite(text, 1, len, f);
    return fclose(f) == 0 ? CLI_OK : files_fail(CLI_GENERAL, "cannot write %s: %s", path, strerror(errno));
}

int files_main(int argc, const char *const *argv)
{
    static int (*const run[FILE_VERBS])(const struct file_args *) = {
        [FILE_INIT] = files_init, [FILE_IMPORT] = files_import, [FILE_CHECK] = files_check, [FILE_CONFIG] = files_explain
    };
    struct file_args a;

    if (file_args_parse(argc, argv, &a) != 0)
        return files_fail(CLI_USAGE, "%s", a.error);
    return run[a.verb](&a);
}
