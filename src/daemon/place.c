#include "daemon/place.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/built.h"

/* The folder of our executable, without the slash; "" when the system does not tell. */
static void own_folder(char out[PLACE_PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", out, PLACE_PATH_MAX - 1);
    char *slash;

    out[n < 0 ? 0 : n] = '\0';
    slash = strrchr(out, '/');
    if (slash)
        *slash = '\0';
}

bool place_is_build_tree(void)
{
    char folder[PLACE_PATH_MAX], beside[PLACE_PATH_MAX + 16];

    own_folder(folder);
    snprintf(beside, sizeof beside, "%s/meson-private", folder);
    return folder[0] != '\0' && access(beside, F_OK) == 0;
}

void place_of_helper(const char *name, char out[PLACE_PATH_MAX])
{
    char folder[PLACE_PATH_MAX];

    own_folder(folder);
    if (place_is_build_tree())
        snprintf(out, PLACE_PATH_MAX, "%.400s/%s", folder, name);
    else
        snprintf(out, PLACE_PATH_MAX, "%s/%s", SIMPLE_UTCD_LIBEXEC, name);
}

void place_of_tool(const char *name, const char *argv0, char out[PLACE_PATH_MAX])
{
    const char *slash = strrchr(argv0, '/');

    if (slash && place_is_build_tree())
        snprintf(out, PLACE_PATH_MAX, "%.*s/%s", (int)(slash - argv0 < 400 ? slash - argv0 : 400), argv0, name);
    else
        snprintf(out, PLACE_PATH_MAX, "%s", name);
}
