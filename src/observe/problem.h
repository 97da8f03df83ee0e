/* What is wrong right now, each with a name: one table (problem.def) behind `utcctl status`, metrics and the manual.
 *
 *   who knows of a problem notes it --> list --> problems_date: since when --> snapshot
 *
 * A list is made anew whenever somebody looks: what is no longer noted is over. Pure. */
#ifndef OBSERVE_PROBLEM_H
#define OBSERVE_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

#define PROBLEMS_MAX 32
#define PROBLEM_ID_MAX 20
#define PROBLEM_SUBJECT_MAX 64
#define PROBLEM_DETAIL_MAX 160
#define PROBLEM_SENTENCE_MAX 256

enum problem_kind {
#define PROBLEM(name, ...) PROBLEM_##name,
#include "observe/problem.def"
#undef PROBLEM
    PROBLEM_KINDS
};

/* The table's words; `kind` below PROBLEM_KINDS. */
struct problem_text { const char *id, *symptom, *cause, *fix; bool grave; };
const struct problem_text *problem_text(enum problem_kind kind);

/* The kind of that id, or -1. */
int problem_from_id(const char *id);

struct problem {
    uint8_t kind;                       /* enum problem_kind */
    char subject[PROBLEM_SUBJECT_MAX];  /* a source, file, process; "" */
    char detail[PROBLEM_DETAIL_MAX];    /* more about it; "" */
    struct dur_ns age;                  /* it has been so for that long */
};

struct problems { uint32_t count; struct problem item[PROBLEMS_MAX]; };

/* One more, as far as there is room. subject, detail: NULL or "" for none. The same kind and subject are noted once. */
void problems_note(struct problems *p, enum problem_kind kind, const char *subject, const char *detail);

/* Since when: of each problem that was there when it was looked at last. Zeroed at first. */
struct problem_memory {
    uint32_t count;
    struct { uint8_t kind; char subject[PROBLEM_SUBJECT_MAX]; struct mono_ns since; } item[PROBLEMS_MAX];
};

/* Gives each problem its age, at least the one it has, and remembers those that are there now. */
void problems_date(struct problem_memory *m, struct problems *p, struct mono_ns now);

/* A text of the table with the subject in the place of {}; the symptom with its detail behind it. Cut to fit. Returns out. */
const char *problem_say(const struct problem *p, const char *text, char *out, size_t size);
const char *problem_sentence(const struct problem *p, char out[PROBLEM_SENTENCE_MAX]);

#endif
