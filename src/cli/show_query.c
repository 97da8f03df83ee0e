#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/show.h"

#define NS_TEXT 24

static const char *const protocol_names[] = { [UTC_NTP] = "NTP", [UTC_TIME] = "TIME (RFC 868)", [UTC_DAYTIME] = "DAYTIME (RFC 867)" };

static void show_error(const struct utc_answer *a, unsigned width, FILE *out)
{
    char text[160], error[NS_TEXT];

    snprintf(text, sizeof text, "±%s, if the server tells the truth", ns_to_text(a->error_ns, error));
    show_fact("Error", text, width, out);
}

static void show_delay(const struct utc_answer *a, unsigned width, FILE *out)
{
    char text[160], delay[NS_TEXT];

    snprintf(text, sizeof text, "%s round trip%s", ns_to_text(a->delay_ns, delay), a->kernel_stamps ? ", stamped by the kernel" : "");
    show_fact("Delay", text, width, out);
}

static void show_time(const struct utc_answer *a, unsigned width, FILE *out)
{
    char at[CIVIL_TEXT_MAX], offset[96];

    show_fact("Server's UTC", utc_to_text((struct utc_ns){ a->server_ns }, 6, at), width, out);
    show_fact("Offset", show_offset(a->offset_ns, "the system clock", offset, sizeof offset), width, out);
    show_error(a, width, out);
    show_delay(a, width, out);
}

static void show_claim(const struct utc_answer *a, unsigned width, FILE *out)
{
    static const char *const leap[] = {
        "none announced", "a second is inserted at the end of the month", "a second is left out at the end of the month", "unknown: not synchronised",
    };
    char text[160], refid[REFID_TEXT_MAX], delay[NS_TEXT], dispersion[NS_TEXT], distance[NS_TEXT];

    snprintf(text, sizeof text, "%d, reference %s", a->stratum, refid_to_text(a->refid, (unsigned)a->stratum, refid));
    show_fact("Stratum", text, width, out);
    show_fact("Leap second", leap[a->leap & 3], width, out);
    snprintf(text, sizeof text, "root delay %s, root dispersion %s, root distance %s", ns_to_text(a->root_delay_ns, delay),
             ns_to_text(a->root_dispersion_ns, dispersion), ns_to_text(ns_add(a->root_delay_ns / 2, a->root_dispersion_ns), distance));
    show_fact("Server's claim", text, width, out);
}

void show_answer(const struct utc_answer *a, int protocol, unsigned width, FILE *out)
{
    static const char *const outcome[] = { "answered", "answered, but has no time to give", "sent answers that are not genuine" };

    fprintf(out, "%s %s (%s)\n\n", a->address, outcome[a->outcome], protocol_names[protocol]);
    if (a->reason[0])
        show_fact("Reason", a->reason, width, out);
    if (a->outcome == UTC_ANSWERED)
        show_time(a, width, out);
    if (a->text[0])
        show_fact("As sent", a->text, width, out);
    if (a->stratum >= 0)
        show_claim(a, width, out);
}

void show_answer_line(unsigned nth, const struct utc_answer *a, FILE *out)
{
    char offset[NS_TEXT], error[NS_TEXT], delay[NS_TEXT];

    if (a->outcome == UTC_ANSWERED)
        fprintf(out, "%3u  offset %s%s ±%s, delay %s\n", nth, a->offset_ns > 0 ? "+" : "", ns_to_text(a->offset_ns, offset), ns_to_text(a->error_ns, error),
                ns_to_text(a->delay_ns, delay));
    else
        fprintf(out, "%3u  %s\n", nth, a->reason);
}
