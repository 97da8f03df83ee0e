#include "daemon/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "conf/check.h"
#include "conf/print.h"
#include "daemon/options_rules.h"
#include "daemon/wire.h"

/* What reading needs beside the result; given back once the options are made. */
struct reading {
    struct conf_tree tree;
    char file[CONF_FILE_MAX];
};

/* Where each network of the access list was written, for those who ask which one decides. */
static void note_access(const struct conf_tree *tree, struct guard_options *o)
{
    for (uint32_t i = 0; i < o->access_count; i++) {
        const struct conf_node *nets = conf_given(tree, "access", i, "nets");

        for (uint32_t k = 0; nets && k < o->access[i].nets.count; k++) {
            const struct conf_node *n = conf_node_item(nets, k);

            if (n && n->at.kind == CONF_FROM_FILE)
                o->origin[i][k] = (struct guard_origin){ n->at.line, n->at.column };
        }
    }
}

static void read_all(struct reading *r, struct daemon_options *out, const char *path, char *const *environ_list, struct conf_errors *errors)
{
    size_t len;
    bool whole;

    errors->found = errors->kept = 0;
    conf_tree_init(&r->tree);
    if (path && conf_file_read(path, r->file, &len, errors))
        conf_tree_parse_file(&r->tree, r->file, len, path, errors);
    else if (path)
        return;
    whole = errors->found == 0; /* of a file that broke off, what is missing is not the writer's mistake */
    conf_overlay(&daemon_schema, &r->tree, environ_list, errors);
    conf_apply(&daemon_schema, &r->tree, out, errors);
    out->file = path;
    note_access(&r->tree, &out->guard);
    options_load_keys(out, &r->tree, path, errors);
    if (whole)
        options_check_rules(out, &r->tree, path, errors);
}

int daemon_options_load(struct daemon_options *out, const char *path, char *const *environ_list, struct conf_errors *errors)
{
    struct reading *r = malloc(sizeof *r);

    if (!r)
        return -UE_MEMORY;
    read_all(r, out, path, environ_list, errors);
    free(r);
    return errors->found ? -UE_SYNTAX : 0;
}

void daemon_print_errors(const struct conf_errors *errors, FILE *err)
{
    for (uint32_t i = 0; i < errors->kept; i++)
        fprintf(err, "%s\n", errors->text[i]);
    if (errors->found > errors->kept)
        fprintf(err, "... and %u more errors\n", errors->found - errors->kept);
}

/* The two commands differ in what they do with a good configuration. */
typedef void say_fn(const struct daemon_options *o, const struct reading *r, const char *path, FILE *out);

struct command { struct daemon_options options; struct conf_errors errors; struct reading reading; };

static int run_command(const char *path, char *const *environ_list, FILE *out, FILE *err, say_fn *say)
{
    struct command *c = malloc(sizeof *c);
    int code = EXIT_CONFIGURATION;

    if (!c) {
        fprintf(err, "%s\n", ue_text(UE_MEMORY));
        return code;
    }
    read_all(&c->reading, &c->options, path, environ_list, &c->errors);
    if (c->errors.found) {
        daemon_print_errors(&c->errors, err);
        fprintf(err, "%u %s in the configuration; nothing was started\n", c->errors.found, c->errors.found == 1 ? "error" : "errors");
    } else {
        say(&c->options, &c->reading, path, out);
        code = 0;
    }
    free(c);
    return code;
}

static void say_ok(const struct daemon_options *o, const struct reading *r, const char *path, FILE *out)
{
    static const char *const mode[] = { [CLOCK_MODE_AUTO] = "auto", [CLOCK_MODE_SYSTEM] = "system", [CLOCK_MODE_VIRTUAL] = "virtual" };
    const struct local_options *local = &o->engine.clock.local;

    (void)r;
    fprintf(out, "%s: ok\n", path ? path : "defaults (no file)");
    fprintf(out, "  clock %s, %u configured source%s%s\n", mode[o->engine.clock.clock.mode], o->engine.source_count, o->engine.source_count == 1 ? "" : "s",
            local->present ? ", local statement" : "");
    if (o->key_table)
        fprintf(out, "  %u symmetric key%s\n", o->key_table->count, o->key_table->count == 1 ? "" : "s");
    fprintf(out, "  listening: NTP on %u, TIME on %u, DAYTIME on %u addresses\n", o->ntp.listen.count, o->timeproto.time.listen.count,
            o->timeproto.daytime.listen.count);
}

static void write_to_file(void *user, const char *text, size_t len) { fwrite(text, 1, len, user); }

static void say_values(const struct daemon_options *o, const struct reading *r, const char *path, FILE *out)
{
    const struct conf_out sink = { write_to_file, out };

    (void)path;
    conf_print(&daemon_schema, &r->tree, o, &sink);
}

int daemon_check_config(const char *path, char *const *environ_list, FILE *out, FILE *err) { return run_command(path, environ_list, out, err, say_ok); }

int daemon_print_config(const char *path, char *const *environ_list, FILE *out, FILE *err) { return run_command(path, environ_list, out, err, say_values); }
