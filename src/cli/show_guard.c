/* show_clients and show_access. */
#include "cli/show.h"

#include <string.h>

#include "base/log.h"
#include "cli/table.h"

static const struct table_column columns[] = {
    { "Client", false, 0 }, { "Requests", true, 0 }, { "Per second", true, 0 }, { "Last", true, 1 }, { "Refused", true, 2 }, { "Blocked", false, 3 },
};
enum { CLIENT, REQUESTS, PER_SECOND, LAST, REFUSED, BLOCKED, COLUMNS };

#define NET_TEXT (ADDR_TEXT_MAX + 8)

/* One address as itself, a wider prefix with its length. */
static const char *net_of(const struct snapshot_client *c, char out[NET_TEXT])
{
    char net[ADDR_TEXT_MAX];

    snprintf(out, NET_TEXT, c->net.family == ADDR_IPV4 && c->bits == 32 ? "%s" : "%s/%u", addr_to_text(&c->net, net), c->bits);
    return out;
}

static const char *rate_of(const struct snapshot_client *c, char out[16])
{
    snprintf(out, 16, c->per_second < 10 ? "%.2f" : "%.0f", c->per_second);
    return out;
}

static void add_client(struct table *t, const struct snapshot_client *c)
{
    char net[NET_TEXT], rate[16], last[24];
    char (*cell)[TABLE_CELL_MAX] = t->cell[t->rows++];

    snprintf(cell[CLIENT], TABLE_CELL_MAX, "%.71s", net_of(c, net));
    snprintf(cell[REQUESTS], TABLE_CELL_MAX, "%u", c->requests);
    snprintf(cell[PER_SECOND], TABLE_CELL_MAX, "%s", rate_of(c, rate));
    snprintf(cell[LAST], TABLE_CELL_MAX, "%s", ns_to_text(c->last_age.ns, last));
    snprintf(cell[REFUSED], TABLE_CELL_MAX, "%u", c->refused);
    snprintf(cell[BLOCKED], TABLE_CELL_MAX, "%s", c->blocked ? "yes" : "no");
}

void show_clients(const struct snapshot *s, unsigned width, FILE *out)
{
    static struct table t;
    const struct snapshot_clients *c = &s->clients;

    if (!c->counted) {
        text_wrap("Clients are not counted: configure rate_limit, or ntp.client_log: true.", 0, 0, width, out);
        return;
    }
    text_sentence(width, out, "%u client%s known; about %.0f different one%s ever asked.", c->known, c->known == 1 ? "" : "s", c->ever,
                  c->ever < 1.5 ? "" : "s");
    if (c->count == 0)
        return;
    t = (struct table){ .column = columns, .columns = COLUMNS };
    for (uint32_t i = 0; i < c->count; i++)
        add_client(&t, &c->client[i]);
    fputc('\n', out);
    table_print(&t, width, out);
    fputc('\n', out);
    show_fact("Per second", "of late: each window counts half of the one after it", width, out);
    show_fact("Refused", "by the rate limit, in a row", width, out);
}

/* -- one address ----------------------------------------------------------------------------------------------------- */

static const struct { const char *word, *what; } actions[] = {
    { "allow", "is answered" },
    { "deny", "is not answered" },
    { "kiss", "is not answered; one in 16 NTP requests is told so by the kiss code DENY" },
    { "authenticate", "is answered only when it proves who it is; without that it is dropped and counted as unauthenticated" },
};

static const char *what_happens(const struct snapshot_access *a)
{
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (strcmp(a->action, actions[i].word) == 0)
            return actions[i].what;
    return "meets an action that is not known here";
}

static void show_rule(const struct snapshot_access *a, unsigned width, FILE *out)
{
    char text[4 * (ADDR_TEXT_MAX + SNAPSHOT_ORIGIN_MAX) + 64], net[4 * ADDR_TEXT_MAX], place[4 * SNAPSHOT_ORIGIN_MAX];

    if (a->matched)
        snprintf(text, sizeof text, "%s in access[%u], %s", text_printable(a->net, net, sizeof net), a->item, text_printable(a->place, place, sizeof place));
    else
        snprintf(text, sizeof text, "no item of the access list covers it, so it is allowed");
    show_fact("Because", text, width, out);
}

static void show_row(const struct snapshot_access *a, unsigned width, FILE *out)
{
    char text[256], net[NET_TEXT], last[24], rate[16];
    const struct snapshot_client *c = &a->client;

    if (!a->logged)
        return;
    snprintf(text, sizeof text, "%s asked %u time%s, %s per second of late, last %s ago%s", net_of(c, net), c->requests, c->requests == 1 ? "" : "s",
             rate_of(c, rate), ns_to_text(c->last_age.ns, last), c->blocked ? "; it is blocked for a while: nothing is answered" :
             c->refused ? "; the rate limit refuses it" : "");
    show_fact("Seen", text, width, out);
}

void show_access(const struct snapshot *s, unsigned width, FILE *out)
{
    for (uint32_t i = 0; i < s->access_count; i++) {
        const struct snapshot_access *a = &s->access[i];
        char text[512], from[ADDR_TEXT_MAX], service[4 * SNAPSHOT_SERVICE_NAME_MAX], at[4 * SNAPSHOT_PLACE_MAX], more[32] = "";

        if (a->listeners > 1)
            snprintf(more, sizeof more, " (and %u more)", a->listeners - 1);
        snprintf(text, sizeof text, "%s asking for %s on %s%s %s.", addr_to_text(&a->from, from), text_printable(a->service, service, sizeof service),
                 text_printable(a->listener, at, sizeof at), more, what_happens(a));
        text_wrap(text, 0, 0, width, out);
        show_rule(a, width, out);
        show_row(a, width, out);
    }
}
