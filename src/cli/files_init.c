#include <stdio.h>
#include <string.h>

#include "cli/files.h"
#include "cli/profiles.h"
#include "conf/nearest.h"

/* How long the first sentence of a profile's comment is; it ends in the first line. */
static int first_sentence(const char *text)
{
    size_t line = strcspn(text, "\n");
    const char *end = strstr(text, ". ");

    return (int)(end && end < text + line ? (size_t)(end - text) + 1 : line);
}

static int list_profiles(void)
{
    puts("utcctl init --profile NAME [--output FILE] [--force]: a commented configuration to begin with. Profiles:");
    for (const struct profile *p = profiles; p->name; p++)
        printf("  %-12s %.*s\n", p->name, first_sentence(p->text + 2), p->text + 2);
    return CLI_OK;
}

static int no_profile(const char *name)
{
    struct conf_nearest n = conf_nearest_start(name);

    for (const struct profile *p = profiles; p->name; p++)
        conf_nearest_offer(&n, p->name);
    return n.best ? files_fail(CLI_USAGE, "there is no profile '%.40s'; did you mean '%s'?", name, n.best)
                  : files_fail(CLI_USAGE, "there is no profile '%.40s'; 'utcctl init' lists all", name);
}

int files_init(const struct file_args *a)
{
    if (!a->profile && (a->output || a->force))
        return files_fail(CLI_USAGE, "which one? --output and --force belong to --profile NAME; 'utcctl init' lists all");
    if (!a->profile)
        return list_profiles();
    for (const struct profile *p = profiles; p->name; p++)
        if (strcmp(p->name, a->profile) == 0)
            return files_write(a->output, a->force, p->text);
    return no_profile(a->profile);
}
