#include "observe/problem.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct problem_text texts[PROBLEM_KINDS] = {
#define PROBLEM(name, id_, grave_, symptom_, cause_, fix_) \
    [PROBLEM_##name] = { .id = id_, .symptom = symptom_, .cause = cause_, .fix = fix_, .grave = grave_ },
#include "observe/problem.def"
#undef PROBLEM
};

#define PROBLEM(name, id_, ...) _Static_assert(sizeof id_ <= PROBLEM_ID_MAX, "an id fits");
#include "observe/problem.def"
#undef PROBLEM

const struct problem_text *problem_text(enum problem_kind kind)
{
    assert((unsigned)kind < PROBLEM_KINDS);
    return &texts[kind];
}

int problem_from_id(const char *id)
{
    for (int k = 0; k < PROBLEM_KINDS; k++)
        if (strcmp(texts[k].id, id) == 0)
            return k;
    return -1;
}

static bool is_about(const struct problem *p, unsigned kind, const char *subject)
{
    return p->kind == kind && strncmp(p->subject, subject, sizeof p->subject - 1) == 0;
}

void problems_note(struct problems *p, enum problem_kind kind, const char *subject, const char *detail)
{
    struct problem *n = &p->item[p->count];

    subject = subject ? subject : "";
    for (uint32_t i = 0; i < p->count; i++)
        if (is_about(&p->item[i], kind, subject))
            return;
    if (p->count == PROBLEMS_MAX)
        return;
    *n = (struct problem){ .kind = (uint8_t)kind };
    snprintf(n->subject, sizeof n->subject, "%.63s", subject);
    snprintf(n->detail, sizeof n->detail, "%.159s", detail ? detail : "");
    p->count++;
}

static const struct mono_ns *since_of(const struct problem_memory *m, const struct problem *p)
{
    for (uint32_t i = 0; i < m->count; i++)
        if (is_about(p, m->item[i].kind, m->item[i].subject))
            return &m->item[i].since;
    return NULL;
}

void problems_date(struct problem_memory *m, struct problems *p, struct mono_ns now)
{
    struct problem_memory fresh = { .count = p->count };

    for (uint32_t i = 0; i < p->count; i++) {
        struct problem *x = &p->item[i];
        const struct mono_ns *since = since_of(m, x);

        if (since)
            x->age = dur_max(x->age, mono_sub(now, *since));
        fresh.item[i].kind = x->kind;
        memcpy(fresh.item[i].subject, x->subject, sizeof x->subject);
        fresh.item[i].since = mono_add(now, (struct dur_ns){ -x->age.ns });
    }
    *m = fresh;
}

const char *problem_say(const struct problem *p, const char *text, char *out, size_t size)
{
    size_t n = 0;

    for (; *text && n + 1 < size; text++)
        if (text[0] == '{' && text[1] == '}') {
            int wrote = snprintf(out + n, size - n, "%s", p->subject);

            n += (size_t)wrote < size - n ? (size_t)wrote : size - n - 1;
            text++;
        } else {
            out[n++] = *text;
        }
    out[n] = '\0';
    return out;
}

const char *problem_sentence(const struct problem *p, char out[PROBLEM_SENTENCE_MAX])
{
    size_t n;

    problem_say(p, texts[p->kind < PROBLEM_KINDS ? p->kind : 0].symptom, out, PROBLEM_SENTENCE_MAX);
    n = strlen(out);
    if (p->detail[0])
        snprintf(out + n, PROBLEM_SENTENCE_MAX - n, ": %s", p->detail);
    return out;
}
