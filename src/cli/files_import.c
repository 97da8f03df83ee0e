#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cli/files.h"
#include "daemon/options.h"
#include "import/draft.h"

extern char **environ;

static int format_of(const struct file_args *a, enum import_format *out)
{
    char known[64] = "";

    if (!a->from && import_format_of(a->word[0], out))
        return CLI_OK;
    for (int f = 0; f < IMPORT_FORMATS; f++) {
        *out = (enum import_format)f;
        if (a->from && strcmp(import_format_name(*out), a->from) == 0)
            return CLI_OK;
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", f ? ", " : "", import_format_name(*out));
    }
    return files_fail(CLI_USAGE, "say whose file this is: --from one of %s", known);
}

struct import_work { struct draft draft; char bytes[IMPORT_SIZE_MAX + 1], out[IMPORT_OUT_SIZE]; };

static int translate(const struct file_args *a, enum import_format format, struct import_work *w)
{
    FILE *f = strcmp(a->word[0], "-") == 0 ? stdin : fopen(a->word[0], "re");
    size_t len = f ? fread(w->bytes, 1, sizeof w->bytes, f) : 0;
    int err = !f || ferror(f) ? errno : 0;

    if (f && f != stdin)
        fclose(f);
    if (err)
        return files_fail(err == EACCES ? CLI_PERMISSION : CLI_GENERAL, "cannot read %s: %s", a->word[0], strerror(err));
    if (memchr(w->bytes, '\0', len)) /* not worth a remark for each of its lines */
        return files_fail(CLI_GENERAL, "%s is no text: is it compressed, or another file?", a->word[0]);
    if (!import_translate(format, a->word[0], w->bytes, len, &w->draft, w->out))
        return files_fail(CLI_GENERAL, "%s is larger than %d KiB", a->word[0], IMPORT_SIZE_MAX / 1024);
    return files_write(a->output, a->force, w->out);
}

/* What was made is read as the daemon would; its key file may be the one thing that is wrong. */
static int judge(const char *path)
{
    static struct daemon_options options;
    static struct conf_errors errors;
    char *const nothing[] = { NULL };

    if (!path || strcmp(path, "-") == 0 || daemon_options_load(&options, path, nothing, &errors) == 0)
        return CLI_OK;
    daemon_print_errors(&errors, stderr);
    return CLI_CONFIGURATION;
}

int files_import(const struct file_args *a)
{
    struct import_work *w;
    enum import_format format;
    struct import_count count;
    int code = format_of(a, &format);

    if (code != CLI_OK)
        return code;
    w = malloc(sizeof *w);
    if (!w)
        return files_fail(CLI_GENERAL, "%s", ue_text(UE_MEMORY));
    code = translate(a, format, w);
    count = w->draft.count;
    free(w);
    if (code != CLI_OK)
        return code;
    fprintf(stderr, "utcctl: %u line%s translated, %u remark%s%s\n", count.translated, count.translated == 1 ? "" : "s", count.remarks,
            count.remarks == 1 ? "" : "s", count.remarks ? " at the top: read them before the start" : "");
    code = judge(a->output);
    return code != CLI_OK ? code : count.unknown ? CLI_UNKNOWN_LINES : CLI_OK;
}
