#include "daemon/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/greeting.h"
#include "daemon/logger.h"
#include "daemon/notify.h"
#include "host/clock.h"

#define FIRST_LOOK_MS 5       /* clients are answered before words are made */
#define FIRST_PAGE_LOOK_MS 1
#define LOOK_MS 10000

static void tell_clock(struct status *st, const struct page_data *page, struct mono_ns now)
{
    struct clock_view v;
    char words[96];

    page_view(page, now, &v);
    if ((int)v.status == st->told)
        return;
    st->told = (int)v.status;
    snprintf(words, sizeof words, "STATUS=clock %s, stratum %u, %u of %u sources used", clock_status_text(v.status), v.stratum, page->sources_selected,
             page->sources_total);
    notify(words);
}

static struct mono_ns next(void *ctx) { return ((const struct status *)ctx)->next; }

/* When nobody listens to notifications there is nothing to wake up for. */
static struct mono_ns next_look(const struct status *st, struct mono_ns now)
{
    struct dur_ns interval = dur_from_ms(LOOK_MS);

    if (!getenv("NOTIFY_SOCKET"))
        return MONO_NEVER;
    return mono_add(now, st->watchdog.ns > 0 && dur_before(st->watchdog, interval) ? st->watchdog : interval);
}

static void run(void *ctx, struct mono_ns now)
{
    struct status *st = ctx;
    struct page_data page;

    if (page_read(st->setup->world.page, &page) != 0) {
        st->next = mono_add(now, dur_from_ms(FIRST_PAGE_LOOK_MS));
        return;
    }
    if (!st->started) {
        st->started = true;
        greeting_say(st->setup);
        notify("READY=1");
    }
    tell_clock(st, &page, now);
    if (st->watchdog.ns > 0 && (!st->alive || st->alive(st->ctx)))
        notify("WATCHDOG=1");
    st->next = next_look(st, now);
}

void status_start(struct status *st, struct loop *loop, const struct setup *s)
{
    *st = (struct status){ .setup = s, .told = -1, .watchdog = notify_watchdog_interval(), .next = mono_add(host_mono(), dur_from_ms(FIRST_LOOK_MS)) };
    loop_add_part(loop, &(struct loop_part){ st, next, run });
}

void status_stopping(int signal_number)
{
    struct log_record r = { .id = LOG_STOPPED };
    char reason[40];

    notify("STOPPING=1");
    snprintf(reason, sizeof reason, "SIG%s", sigabbrev_np(signal_number));
    log_text(&r, "reason", reason);
    logger_write(&r, host_mono());
}
