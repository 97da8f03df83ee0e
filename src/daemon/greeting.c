#include "daemon/greeting.h"

#include <stdio.h>

#include "daemon/built.h"
#include "daemon/logger.h"
#include "daemon/place.h"
#include "host/clock.h"

static void tell_sources(const struct engine_options *o)
{
    char text[400] = "", port[16], name[OPTIONS_NAME_MAX];
    size_t n = 0;

    for (uint32_t i = 0; i < o->source_count && n < sizeof text; i++) {
        const struct source_options *from = &o->source[i];

        snprintf(port, sizeof port, " port %u", (unsigned)(from->port & 0xffff));
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s%.64s%s", i ? ", " : "", from->pool.s[0] ? "pool " : "",
                              options_name(from, name), from->port == NTP_PORT ? "" : port);
    }
    if (o->source_count)
        logger_say("asking %s; answers are believed when a majority agrees", text);
    else
        logger_say("no source is configured: nobody is asked for the time");
}

/* What is served while no source is known: the operator's statement, or nothing where the machine's clock was plainly never set. */
static void tell_wall(const struct setup *s)
{
    const struct local_options *local = &s->options->engine.clock.local;
    struct log_record absurd = { .id = LOG_CLOCK_ABSURD };
    char text[CIVIL_TEXT_MAX];

    if (!utc_is_plausible(s->world.wall)) {
        log_text(&absurd, "utc", utc_to_text(s->world.wall, 0, text));
        logger_write(&absurd, host_mono());
    } else if (local->present) {
        logger_say("until a source is believed, time is served by the operator's statement `local`: stratum %d, error %s", (int)local->stratum,
                   ns_to_text(local->error.ns, text));
    }
}

/* utcctl looks for the socket in the usual places; anywhere else it has to be told. */
static void tell_next(const struct setup *s)
{
    char url[ADDR_TEXT_MAX + 24], utcctl[PLACE_PATH_MAX], at[ADDR_TEXT_MAX], query[PLACE_PATH_MAX + 64] = "", page[128] = "";
    const char *option = "", *socket = "";

    place_of_tool("utcctl", s->argv0, utcctl);
    if (s->options->process.run_dir.s[0] || s->options->control.socket.s[0]) {
        option = " --socket ";
        socket = s->control_path;
    }
    if (s->options->ntp.listen.count > 0)
        snprintf(query, sizeof query, "  |  %s query %s", utcctl, addr_to_text(&s->options->ntp.listen.item[0], at));
    if (admin_role_url(&s->admin, url)[0])
        snprintf(page, sizeof page, "  |  %s in a browser", url);
    logger_say("try: %s status%s%s%s%s", utcctl, option, socket, query, page);
}

void greeting_say(const struct setup *s)
{
    struct log_record started = { .id = LOG_STARTED }, clock = { .id = LOG_CLOCK_MODE };

    log_text(&started, "version", SIMPLE_UTCD_VERSION);
    log_text(&started, "mode", s->one_process ? "all in one process" : "one process per role");
    logger_write(&started, host_mono());
    log_text(&clock, "mode", s->world.clock_mode);
    log_text(&clock, "reason", s->mode.reason);
    logger_write(&clock, host_mono());
    listeners_log(&s->listeners);
    hardware_tell(&s->hardware);
    responder_tell(&s->responder);
    tell_sources(&s->options->engine);
    tell_wall(s);
    if (!s->detached)
        tell_next(s);
}
