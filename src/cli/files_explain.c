#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cli/files.h"
#include "conf/explain.h"
#include "daemon/options.h"
#include "daemon/wire.h"

extern char **environ;

struct known { struct daemon_options options; struct conf_tree tree; struct conf_errors errors; };

static void to_stdout(void *user, const char *text, size_t len)
{
    (void)user;
    fwrite(text, 1, len, stdout);
}

static int explain(const struct file_args *a, struct known *k)
{
    const char *path = a->config ? a->config : files_default();
    char nearest[CONF_EXPLAIN_NAME_MAX];
    const struct conf_out out = { to_stdout, NULL };

    if (daemon_options_read(&k->options, &k->tree, path, environ, &k->errors) != 0) {
        daemon_print_errors(&k->errors, stderr);
        return CLI_CONFIGURATION;
    }
    if (conf_explain(&daemon_schema, &k->tree, &k->options, a->word[1], a->json, &out, nearest))
        return CLI_OK;
    if (*nearest)
        return files_fail(CLI_USAGE, "there is no key '%.80s'; did you mean '%s'?", a->word[1], nearest);
    return files_fail(CLI_USAGE, "there is no key '%.80s'; simple-utcd.yaml(5) lists all", a->word[1]);
}

int files_explain(const struct file_args *a)
{
    struct known *k;
    int code;

    if (strcmp(a->word[0], "explain") != 0)
        return files_fail(CLI_USAGE, "'config' knows 'explain' only: utcctl config explain clock.mode");
    k = calloc(1, sizeof *k);
    if (!k)
        return files_fail(CLI_GENERAL, "%s", ue_text(UE_MEMORY));
    code = explain(a, k);
    free(k);
    return code;
}
