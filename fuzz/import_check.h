/* Whatever comes in, what comes out is a configuration that is right by itself. */
#ifndef FUZZ_IMPORT_CHECK_H
#define FUZZ_IMPORT_CHECK_H

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/check.h"
#include "daemon/options.h"
#include "daemon/options_rules.h"
#include "daemon/wire.h"
#include "import/draft.h"

/* Translates and judges; the program ends where the result is refused. */
static void import_check(enum import_format format, const uint8_t *data, size_t size)
{
    static struct draft draft;
    static struct conf_tree tree;
    static struct conf_errors errors;
    static struct daemon_options options;
    static char out[IMPORT_OUT_SIZE];

    if (!import_translate(format, "f", (const char *)data, size, &draft, out)) {
        assert(size > IMPORT_SIZE_MAX);
        return;
    }
    memset(&errors, 0, sizeof errors);
    memset(&options, 0, sizeof options);
    conf_tree_init(&tree);
    conf_tree_parse_file(&tree, out, strlen(out), "out", &errors);
    conf_apply(&daemon_schema, &tree, &options, &errors);
    for (uint32_t i = 0; i < options.engine.source_count; i++)
        options.engine.source[i].key = 0; /* its file is not here */
    options_check_rules(&options, &tree, "out", &errors);
    if (errors.found) {
        fprintf(stderr, "%s\n%s\n", errors.text[0], out);
        abort();
    }
}

#endif
