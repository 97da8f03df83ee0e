#include "sim/expect.h"

#include <ctype.h>
#include <string.h>

#include "base/log.h"
#include "base/measurement.h"
#include "base/page.h"
#include "base/verdict.h"
#include "observe/problem.h"
#include "observe/snapshot.h"

static const char *status_name(int i) { return i < CLOCK_STATUS_COUNT ? clock_status_text((enum clock_status)i) : NULL; }
static const char *state_name(int i) { return i < SOURCE_STATE_COUNT ? source_state_text((enum source_state)i) : NULL; }
static const char *verdict_name(int i) { return i < VERDICT_COUNT ? verdict_label((enum verdict)i) : NULL; }
static const char *event_name(int i) { return i < LOG_ID_COUNT ? log_name((enum log_id)i) : NULL; }

static const char *problem_name(int i) { return i < PROBLEM_KINDS ? problem_text((enum problem_kind)i)->id : NULL; }

static const char *leap_name(int i)
{
    static const char *const names[] = { "none", "insert", "delete", "unknown" };

    return i < 4 ? names[i] : NULL;
}

const struct quantity_row quantity_rows[] = {
    { "|error|", QUANTITY_ERROR, VALUE_DURATION, 0, false, NULL },
    { "|system error|", QUANTITY_SYSTEM_ERROR, VALUE_DURATION, 0, false, NULL },
    { "|smear error|", QUANTITY_SMEAR_ERROR, VALUE_DURATION, 0, false, NULL },
    { "|system smear error|", QUANTITY_SYSTEM_SMEAR_ERROR, VALUE_DURATION, 0, false, NULL },
    { "|frequency error|", QUANTITY_FREQUENCY_ERROR, VALUE_RATIO, 0, false, NULL },
    { "rms error", QUANTITY_RMS_ERROR, VALUE_DURATION, 0, false, NULL },
    { "mean bound", QUANTITY_MEAN_BOUND, VALUE_DURATION, 0, false, NULL },
    { "bound holds", QUANTITY_BOUND_HOLDS, VALUE_NONE, 1, false, NULL },
    { "bound", QUANTITY_BOUND, VALUE_DURATION, 0, false, NULL },
    { "status", QUANTITY_STATUS, VALUE_CHOICE, 0, false, status_name },
    { "leap", QUANTITY_LEAP, VALUE_CHOICE, 0, false, leap_name },
    { "stratum", QUANTITY_STRATUM, VALUE_INTEGER, 0, false, NULL },
    { "usable", QUANTITY_USABLE, VALUE_NONE, 1, false, NULL },
    { "not usable", QUANTITY_USABLE, VALUE_NONE, 0, false, NULL },
    { "steps", QUANTITY_STEPS, VALUE_INTEGER, 0, false, NULL },
    { "packets", QUANTITY_PACKETS, VALUE_INTEGER, 0, false, NULL },
    { "sources selected", QUANTITY_SELECTED_COUNT, VALUE_INTEGER, 0, false, NULL },
    { "logged", QUANTITY_LOGGED, VALUE_INTEGER, 0, false, event_name },
    { "named", QUANTITY_NAMED, VALUE_INTEGER, 0, false, problem_name },
    { "state", QUANTITY_STATE, VALUE_CHOICE, 0, true, state_name },
    { "reach", QUANTITY_REACH, VALUE_INTEGER, 0, true, NULL },
    { "poll", QUANTITY_POLL, VALUE_INTEGER, 0, true, NULL },
    { "|offset|", QUANTITY_OFFSET, VALUE_DURATION, 0, true, NULL },
    { "accepted", QUANTITY_ACCEPTED, VALUE_INTEGER, 0, true, NULL },
    { "counts", QUANTITY_VERDICT, VALUE_INTEGER, 0, true, verdict_name },
};
const unsigned quantity_row_count = sizeof quantity_rows / sizeof quantity_rows[0];

const char *const comparison_words[COMPARE_COUNT] = { "<", "<=", ">", ">=", "=", "!=" };

bool comparison_holds(enum comparison c, double value, double limit)
{
    const bool holds[COMPARE_COUNT] = { value < limit, value <= limit, value > limit, value >= limit, value == limit, value != limit };

    return holds[c];
}

/* Names of several words are written with hyphens, and all in lower case. */
static bool same_word(const char *name, const char *word)
{
    for (; *name != '\0' && (tolower((unsigned char)*name) == *word || (*name == ' ' && *word == '-')); name++, word++)
        ;
    return *name == *word;
}

int choice_find(const char *(*choice)(int), const char *word)
{
    const char *name;

    for (int i = 0; (name = choice(i)) != NULL; i++)
        if (same_word(name, word))
            return i;
    return -1;
}
