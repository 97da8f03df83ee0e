/* The daemon's whole configuration as one struct, made from every room's rows (daemon/wire.c), checked, const from then on. */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <stdio.h>

#include "admin/options.h"
#include "base/option.h"
#include "conf/folder.h"
#include "engine/options.h"
#include "guard/options.h"
#include "keys/keys.h"
#include "ntp/options.h"
#include "nts/options.h"
#include "timeproto/options.h"

#define OPTION OPTION_FIELD
struct log_options {
#include "daemon/log.def"
};
struct control_options {
#include "daemon/control.def"
};
struct clockbound_options {
#include "daemon/clockbound.def"
};
struct process_options {
#include "daemon/process.def"
};
struct top_options {
#include "daemon/top.def"
};
#undef OPTION

enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON, LOG_FORMAT_LOGFMT };
enum log_protocol { LOG_PROTOCOL_UDP, LOG_PROTOCOL_TCP };
enum log_target { LOG_TARGET_AUTO, LOG_TARGET_STDERR, LOG_TARGET_SYSLOG, LOG_TARGET_JOURNAL };

struct daemon_options {
    const char *file;                   /* it was read from; NULL: none */
    uint32_t drop_in_count;             /* and these, in this order */
    struct option_text drop_in[CONF_FOLDER_MAX];
    struct top_options top;             /* hardware_timestamps */
    struct engine_options engine;       /* clock, holdover, local, sources */
    struct guard_options guard;         /* access, rate_limit */
    struct keys_options keys;
    const struct key_table *key_table;  /* of keys.file; NULL: none. Lives as long as the process */
    struct ntp_options ntp;
    struct nts_options nts;
    struct timeproto_options timeproto;
    struct log_options log;
    struct control_options control;
    struct clockbound_options clockbound;
    struct process_options process;
    struct http_options http;
};

#define EXIT_CONFIGURATION 3

/* Everything into one checked set, at the start and for each reload: the file at `path` (NULL: no file, the defaults alone), the drop-ins *.yaml of the
 * directory beside it (/etc/simple-utcd.yaml has /etc/simple-utcd.d), SIMPLE_UTCD_* of `environ_list`, the lists *.sources of `sources_dir`; then check all.
 * *out is all zeroes before: writing them again would cost a page fault for each of its pages. It borrows `path`.
 * Returns 0, or -UE_SYNTAX with errors->found > 0 and *out unspecified; -UE_MEMORY. */
int daemon_options_load(struct daemon_options *out, const char *path, char *const *environ_list, struct conf_errors *errors);

/* The same, with the tree that says where each value is from: for tools. */
struct conf_tree;
int daemon_options_read(struct daemon_options *out, struct conf_tree *tree, const char *path, char *const *environ_list, struct conf_errors *errors);

/* A number that becomes another one when the file, a drop-in, their folder, the lists of sources_dir or the keys are written to. */
uint64_t daemon_options_files(const struct daemon_options *o);

/* One more item for `sources`, written as in a file ("server: ntp1.example, iburst: true"), judged as if it stood there beside the options in force.
 * Returns 0 with *out, or -UE_SYNTAX with errors, -UE_MEMORY. */
int daemon_source_read(const struct daemon_options *in_force, const char *text, struct source_options *out, struct conf_errors *errors);

/* The configuration file's name for 0, a drop-in's for 1 .. drop_in_count. */
const char *options_file_name(const struct daemon_options *o, unsigned file);

/* What --check-config and --print-config do; both return the exit code: 0 or EXIT_CONFIGURATION. Errors go to `err`. */
int daemon_check_config(const char *path, char *const *environ_list, FILE *out, FILE *err);
int daemon_print_config(const char *path, char *const *environ_list, FILE *out, FILE *err);

/* All errors, one per line, and how many were left out. */
void daemon_print_errors(const struct conf_errors *errors, FILE *err);

#endif
