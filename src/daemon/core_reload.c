#include "daemon/core_part.h"

#include <sys/socket.h>

#include "daemon/logger.h"

/* Questions that are out were numbered by the old lines: their answers are not waited for, and the engine asks again. */
void core_take_set(struct core *c, uint32_t generation)
{
    struct core_world *w = c->world;
    struct config_set *set = config_set_of(w->sets, generation);

    w->options = &set->options;
    w->serve = &set->serve;
    w->guard = set->serve.guard;
    w->operators = set->operators;
    if (w->reload_fd >= 0)
        w->listeners = &set->listeners;
    logger_start(&set->options.log);
    core_change_sources(c, &set->options.engine);
    audit_change(&c->audit, w->guard);
    core_tell_responder(c);
}

static void keep_words(const struct core *c)
{
    if (c->world->words)
        operator_words_keep(c->world->words, c->world->sets->generation, engine_options_now(c->engine), engine_offline(c->engine));
}

void core_change_sources(struct core *c, const struct engine_options *o)
{
    if (c->world->need_helpers)
        c->world->need_helpers(o);
    core_watch_helpers(c);
    c->names_asked = c->keys_asked = 0;
    c->names_due = c->keys_due = MONO_NEVER;
    c->turn++;
    core_input(c, &(struct event){ .kind = EVENT_OPTIONS, .u.options = { o } });
    keep_words(c);
}

void core_tell_source(struct core *c, enum engine_source_act act, const char *name)
{
    core_input(c, &(struct event){ .kind = EVENT_SOURCE, .u.source = { act, name } });
    keep_words(c);
}

void core_log_level(struct core *c, enum log_topic topic, enum log_level level)
{
    const struct reload_word word = { RELOAD_LEVEL, (uint32_t)topic << 8 | (uint32_t)level };

    logger_set_level(topic, level);
    if (c->world->reload_fd >= 0)
        send(c->world->reload_fd, &word, sizeof word, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void core_step(struct core *c) { core_input(c, &(struct event){ .kind = EVENT_STEP }); }

uint32_t core_ask_reload(struct core *c)
{
    struct reload_word word = { RELOAD_ASK, c->reload_ticket + 1 };

    if (c->world->reload_fd >= 0 && send(c->world->reload_fd, &word, sizeof word, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)sizeof word)
        return 0;
    if (c->world->reload_fd < 0)
        c->world->ask_reload(word.number);
    return ++c->reload_ticket;
}

void core_reloaded(struct core *c, uint32_t ticket)
{
    core_reread(c);
    if (c->on_reloaded)
        c->on_reloaded(c->on_reloaded_ctx, ticket);
}

static void on_reload_word(void *ctx, int fd, short revents, struct mono_ns now)
{
    struct core *c = ctx;
    struct reload_word word;

    (void)now;
    if (revents & (POLLHUP | POLLERR))
        loop_stop(c->loop); /* the parent is gone */
    if (recv(fd, &word, sizeof word, MSG_DONTWAIT) != (ssize_t)sizeof word)
        return;
    if (word.kind == RELOAD_ALIVE)
        send(fd, &word, sizeof word, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (word.kind == RELOAD_DONE)
        core_reloaded(c, word.number);
    if (word.kind != RELOAD_COMMIT || word.number != c->world->sets->generation)
        return;
    core_take_set(c, word.number);
    word.kind = RELOAD_TAKEN;
    send(fd, &word, sizeof word, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void core_heed_parent(struct core *c)
{
    if (c->world->reload_fd >= 0)
        loop_watch(c->loop, c->world->reload_fd, POLLIN, on_reload_word, c);
}
