#include "daemon/options.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "conf/check.h"
#include "conf/print.h"
#include "daemon/options_rules.h"
#include "daemon/wire.h"

/* What reading needs beside the result; given back once the options are made. */
struct reading {
    struct conf_tree *tree;
    struct conf_folder folder;
    char file[CONF_FILE_MAX];
};

const char *options_file_name(const struct daemon_options *o, unsigned file)
{
    return file > 0 && file <= o->drop_in_count ? o->drop_in[file - 1].s : o->file ? o->file : "configuration";
}

/* Which file a name is. */
static uint16_t file_of(const struct daemon_options *o, const char *name)
{
    for (uint16_t i = 0; i < o->drop_in_count; i++)
        if (strcmp(o->drop_in[i].s, name) == 0)
            return (uint16_t)(i + 1);
    return 0;
}

/* Where each network of the access list was written, for those who ask which one decides. */
static void note_access(const struct conf_tree *tree, struct daemon_options *all)
{
    struct guard_options *o = &all->guard;

    for (uint32_t i = 0; i < o->access_count; i++) {
        const struct conf_node *nets = conf_given(tree, "access", i, "nets");

        for (uint32_t k = 0; nets && k < o->access[i].nets.count; k++) {
            const struct conf_node *n = conf_node_item(nets, k);

            if (n && n->at.kind == CONF_FROM_FILE)
                o->origin[i][k] = (struct guard_origin){ n->at.line, (uint16_t)n->at.column, file_of(all, n->at.name) };
        }
    }
}

/* -- drop-ins ------------------------------------------------------------------------------------------------------- */

#define SUFFIX ".yaml"

/* "/etc/simple-utcd.yaml" has its drop-ins in "/etc/simple-utcd.d". */
static void folder_beside(const char *path, char *out, size_t size)
{
    size_t n = strlen(path), s = strlen(SUFFIX);

    snprintf(out, size, "%.*s.d", (int)(n > s && strcmp(path + n - s, SUFFIX) == 0 ? n - s : n), path);
}

/* The whole name of a file of the folder, kept with the tree; NULL, and told, when there is no room for it. */
static const char *name_in(struct reading *r, const char *folder, const char *name, struct conf_errors *errors)
{
    char path[OPTION_TEXT_MAX];
    int n = snprintf(path, sizeof path, "%s/%s", folder, name);
    const char *kept = n > 0 && (size_t)n < sizeof path ? conf_tree_keep(r->tree, path, (size_t)n) : NULL;

    if (!kept)
        conf_error_add(errors, (struct conf_origin){ CONF_FROM_FILE, 0, 0, folder }, "the name of a file in this directory is too long");
    return kept;
}

static void read_drop_ins(struct reading *r, struct daemon_options *out, const char *path, struct conf_errors *errors)
{
    char folder[OPTION_TEXT_MAX];
    size_t len;

    folder_beside(path, folder, sizeof folder);
    if (!conf_folder_list(folder, SUFFIX, &r->folder, errors))
        return;
    for (uint32_t i = 0; i < r->folder.count; i++) {
        const char *name = name_in(r, folder, r->folder.name[i], errors);

        if (!name)
            continue;
        strcpy(out->drop_in[out->drop_in_count++].s, name);
        if (conf_file_read(name, r->file, &len, errors))
            conf_tree_parse_file(r->tree, r->file, len, name, errors);
    }
}

/* -- sources that others hand out -------------------------------------------------------------------------------------- */

static bool same_text(const struct conf_node *a, const struct conf_node *b, const char *key, const char *absent)
{
    const struct conf_node *x = conf_node_find(a, key), *y = conf_node_find(b, key);

    return strcasecmp(x ? x->text : absent, y ? y->text : absent) == 0;
}

static bool is_known(const struct conf_node *list, const struct conf_node *item)
{
    for (const struct conf_node *n = list && list->kind == CONF_NODE_LIST ? list->child : NULL; n; n = n->next)
        if (same_text(n, item, "server", "") && same_text(n, item, "pool", "") && same_text(n, item, "port", "123") && same_text(n, item, "shm", "-1") &&
            same_text(n, item, "sock", ""))
            return true;
    return false;
}

/* A server that is configured already may be handed out as well: it is followed once, as configured. */
static void leave_out_known(const struct conf_tree *t, struct conf_node *list)
{
    const struct conf_node *known = conf_node_find(t->root, "sources");

    for (struct conf_node **at = &list->child; *at;) {
        if (is_known(known, *at))
            *at = (*at)->next;
        else
            at = &(*at)->next;
    }
}

static void read_sources(struct reading *r, const char *name, struct conf_errors *errors)
{
    struct conf_node *n;
    size_t len;

    if (!conf_file_read(name, r->file, &len, errors))
        return;
    n = conf_tree_parse_bytes(r->tree, r->file, len, name, errors);
    if (!n || n->bad || conf_node_is_null(n))
        return;
    if (n->kind != CONF_NODE_LIST) {
        conf_error_add(errors, n->at, "a list of sources is expected here, lines such as \"- server: 192.0.2.1\"");
        return;
    }
    leave_out_known(r->tree, n);
    conf_tree_append(r->tree, "sources", n);
}

static void read_sources_dir(struct reading *r, struct conf_errors *errors)
{
    const struct conf_node *dir = conf_node_find(r->tree->root, "sources_dir");

    if (!dir || dir->kind != CONF_NODE_SCALAR || dir->text[0] != '/' || !conf_folder_list(dir->text, ".sources", &r->folder, errors))
        return;
    for (uint32_t i = 0; i < r->folder.count; i++) {
        const char *name = name_in(r, dir->text, r->folder.name[i], errors);

        if (name)
            read_sources(r, name, errors);
    }
}

/* -- all of it ---------------------------------------------------------------------------------------------------------- */

static void read_all(struct reading *r, struct daemon_options *out, const char *path, char *const *environ_list, struct conf_errors *errors)
{
    size_t len;
    bool whole;

    errors->found = errors->kept = 0;
    out->drop_in_count = 0;
    conf_tree_init(r->tree);
    if (path && conf_file_read(path, r->file, &len, errors)) {
        conf_tree_parse_file(r->tree, r->file, len, path, errors);
        read_drop_ins(r, out, path, errors);
    } else if (path)
        return;
    whole = errors->found == 0; /* of a file that broke off, what is missing is not the writer's mistake */
    conf_overlay(&daemon_schema, r->tree, environ_list, errors);
    read_sources_dir(r, errors);
    conf_apply(&daemon_schema, r->tree, out, errors);
    out->file = path;
    note_access(r->tree, out);
    options_load_keys(out, r->tree, path, errors);
    if (whole)
        options_check_rules(out, r->tree, path, errors);
}

int daemon_options_read(struct daemon_options *out, struct conf_tree *tree, const char *path, char *const *environ_list, struct conf_errors *errors)
{
    struct reading *r = malloc(sizeof *r);

    if (!r)
        return -UE_MEMORY;
    r->tree = tree;
    read_all(r, out, path, environ_list, errors);
    free(r);
    return errors->found ? -UE_SYNTAX : 0;
}

int daemon_options_load(struct daemon_options *out, const char *path, char *const *environ_list, struct conf_errors *errors)
{
    struct conf_tree *tree = malloc(sizeof *tree);
    int err = tree ? daemon_options_read(out, tree, path, environ_list, errors) : -UE_MEMORY;

    free(tree);
    return err;
}

/* FNV-1a over what a change of the file changes. */
static uint64_t add_file(uint64_t hash, const char *path)
{
    struct stat st;
    uint64_t facts[4] = { 0 };

    if (path[0] && stat(path, &st) == 0) {
        facts[0] = st.st_ino;
        facts[1] = (uint64_t)st.st_size;
        facts[2] = (uint64_t)st.st_mtim.tv_sec;
        facts[3] = (uint64_t)st.st_mtim.tv_nsec;
    }
    for (size_t i = 0; i < sizeof facts; i++)
        hash = (hash ^ ((const unsigned char *)facts)[i]) * UINT64_C(1099511628211);
    return hash;
}

uint64_t daemon_options_files(const struct daemon_options *o)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    char folder[OPTION_TEXT_MAX] = "";

    if (o->file)
        folder_beside(o->file, folder, sizeof folder);
    hash = add_file(add_file(hash, o->file ? o->file : ""), folder);
    for (uint32_t i = 0; i < o->drop_in_count; i++)
        hash = add_file(hash, o->drop_in[i].s);
    return add_file(add_file(hash, o->top.sources_dir.s), o->keys.file.s);
}

#define SOURCE_NAME "sources add"

/* The text is an item between braces; what it may close and open besides is refused, because then there is more than one. */
static void read_source(struct conf_tree *tree, const struct daemon_options *in_force, const char *text, struct daemon_options *out,
                        struct conf_errors *errors)
{
    char item[OPTION_TEXT_MAX + 8];
    int n = snprintf(item, sizeof item, "[{ %.*s }]", OPTION_TEXT_MAX, text);
    struct conf_node *list;

    conf_tree_init(tree);
    list = conf_tree_parse_bytes(tree, item, (size_t)n, SOURCE_NAME, errors);
    if (errors->found)
        return;
    if (!list || list->kind != CONF_NODE_LIST || !list->child || list->child->next || list->child->kind != CONF_NODE_MAP) {
        conf_error_add(errors, (struct conf_origin){ CONF_FROM_FILE, 1, 1, SOURCE_NAME },
                       "one source is expected, such as: server: ntp1.example, iburst: true");
        return;
    }
    conf_tree_append(tree, "sources", list);
    conf_apply(&daemon_schema, tree, out, errors);
    if (errors->found)
        return;
    out->key_table = in_force->key_table;
    out->engine.clock = in_force->engine.clock;
    options_check_rules(out, tree, NULL, errors);
}

int daemon_source_read(const struct daemon_options *in_force, const char *text, struct source_options *out, struct conf_errors *errors)
{
    struct conf_tree *tree = malloc(sizeof *tree);
    struct daemon_options *o = calloc(1, sizeof *o);

    errors->found = errors->kept = 0;
    if (tree && o) {
        read_source(tree, in_force, text, o, errors);
        *out = o->engine.source[0];
    }
    free(tree);
    free(o);
    return !tree || !o ? -UE_MEMORY : errors->found ? -UE_SYNTAX : 0;
}

void daemon_print_errors(const struct conf_errors *errors, FILE *err)
{
    for (uint32_t i = 0; i < errors->kept; i++)
        fprintf(err, "%s\n", errors->text[i]);
    if (errors->found > errors->kept)
        fprintf(err, "... and %u more errors\n", errors->found - errors->kept);
}

/* The two commands differ in what they do with a good configuration. */
typedef void say_fn(const struct daemon_options *o, const struct conf_tree *tree, const char *path, FILE *out);

struct command { struct daemon_options options; struct conf_errors errors; struct conf_tree tree; };

static int run_command(const char *path, char *const *environ_list, FILE *out, FILE *err, say_fn *say)
{
    struct command *c = malloc(sizeof *c);
    int code = EXIT_CONFIGURATION;

    if (!c) {
        fprintf(err, "%s\n", ue_text(UE_MEMORY));
        return code;
    }
    c->errors.found = c->errors.kept = 0;
    if (daemon_options_read(&c->options, &c->tree, path, environ_list, &c->errors) != 0) {
        daemon_print_errors(&c->errors, err);
        fprintf(err, "%u %s in the configuration; nothing was started\n", c->errors.found, c->errors.found == 1 ? "error" : "errors");
    } else {
        say(&c->options, &c->tree, path, out);
        code = 0;
    }
    free(c);
    return code;
}

static void say_ok(const struct daemon_options *o, const struct conf_tree *tree, const char *path, FILE *out)
{
    static const char *const mode[] = { [CLOCK_MODE_AUTO] = "auto", [CLOCK_MODE_SYSTEM] = "system", [CLOCK_MODE_VIRTUAL] = "virtual" };
    const struct local_options *local = &o->engine.clock.local;

    (void)tree;
    fprintf(out, "%s: ok\n", path ? path : "defaults (no file)");
    if (o->drop_in_count)
        fprintf(out, "  with %u drop-in%s, the last %s\n", o->drop_in_count, o->drop_in_count == 1 ? "" : "s", o->drop_in[o->drop_in_count - 1].s);
    fprintf(out, "  clock %s, %u configured source%s%s\n", mode[o->engine.clock.clock.mode], o->engine.source_count, o->engine.source_count == 1 ? "" : "s",
            local->present ? ", local statement" : "");
    if (o->key_table)
        fprintf(out, "  %u symmetric key%s\n", o->key_table->count, o->key_table->count == 1 ? "" : "s");
    fprintf(out, "  listening: NTP on %u, TIME on %u, DAYTIME on %u addresses\n", o->ntp.listen.count, o->timeproto.time.listen.count,
            o->timeproto.daytime.listen.count);
}

static void write_to_file(void *user, const char *text, size_t len) { fwrite(text, 1, len, user); }

static void say_values(const struct daemon_options *o, const struct conf_tree *tree, const char *path, FILE *out)
{
    const struct conf_out sink = { write_to_file, out };

    (void)path;
    conf_print(&daemon_schema, tree, o, &sink);
}

int daemon_check_config(const char *path, char *const *environ_list, FILE *out, FILE *err) { return run_command(path, environ_list, out, err, say_ok); }

int daemon_print_config(const char *path, char *const *environ_list, FILE *out, FILE *err) { return run_command(path, environ_list, out, err, say_values); }
