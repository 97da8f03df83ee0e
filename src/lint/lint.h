/* Good practice as rules over a configuration that the schema accepts: RFC 8633 and what operators learnt. One row of lint.def is one rule. */
#ifndef LINT_LINT_H
#define LINT_LINT_H

#include "conf/tree.h"
#include "daemon/options.h"

enum lint_severity { LINT_NOTE, LINT_WARNING, LINT_ERROR };

enum lint_rule {
#define LINT(name, id, severity, sentence, fix) LINT_##name##_RULE,
#include "lint/lint.def"
#undef LINT
    LINT_RULES
};

struct lint_row { const char *id; enum lint_severity severity; const char *sentence, *fix; };
extern const struct lint_row lint_rows[LINT_RULES];

#define LINT_FINDINGS_MAX 64
struct lint_finding { enum lint_rule rule; struct conf_origin at; char text[256]; };

/* The first LINT_FINDINGS_MAX of found. */
struct lint_report { unsigned found, kept; struct lint_finding finding[LINT_FINDINGS_MAX]; };

/* Rules about the configuration itself. path: its file, for what no line says. Reads of the machine only whether leap second and key files are there. */
void lint_configuration(const struct daemon_options *o, const struct conf_tree *tree, const char *path, struct lint_report *out);

/* Rules about this machine, as this user: addresses, rights, files, cards. Nothing is changed. */
void lint_machine(const struct daemon_options *o, const struct conf_tree *tree, const char *path, struct lint_report *out);

/* For the two files behind this header: adds a finding at section.key (item: in a list), or where no line gives it, at the file. */
struct lint_place { const struct conf_tree *tree; const char *path; struct lint_report *out; };
__attribute__((format(printf, 6, 7))) void lint_add(const struct lint_place *p, enum lint_rule rule, const char *section, size_t item, const char *key,
                                                    const char *format, ...);

#endif
