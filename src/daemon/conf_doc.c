/* Build tool: writes the JSON Schema or the manual's keys from the rows. usage: conf_doc schema|manual FILE */
#include <stdio.h>
#include <string.h>

#include "conf/doc.h"
#include "daemon/wire.h"

static void write_to_file(void *user, const char *text, size_t len) { fwrite(text, 1, len, user); }

int main(int argc, char **argv)
{
    static const struct { const char *name; void (*make)(const struct conf_schema *, const struct conf_out *); } kind[] = {
        { "schema", conf_doc_json_schema }, { "manual", conf_doc_manual }
    };
    FILE *file = argc == 3 ? fopen(argv[2], "w") : NULL;
    const struct conf_out out = { write_to_file, file };

    if (!file)
        return 2;
    for (size_t i = 0; i < sizeof kind / sizeof kind[0]; i++)
        if (strcmp(argv[1], kind[i].name) == 0)
            kind[i].make(&daemon_schema, &out);
    return ferror(file) || fclose(file) ? 1 : 0;
}
