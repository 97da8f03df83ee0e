#include "daemon/hardware.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "daemon/logger.h"
#include "host/clock.h"

#define READ_EVERY_NS NS_PER_S
#define READ_FRESH_NS (10 * NS_PER_MS)
#define BEFORE_MAX_NS (20 * NS_PER_MS)  /* a card stamps so long before the kernel at most: beyond it, its clock was set since it was read */
#define AFTER_MAX_NS (100 * NS_PER_US)  /* ... and never after it, but for the line's error */
#define FRAME_CHECK_BYTES 4             /* IEEE 802.3, not part of the told length */
#define HEADERS_BYTES4 42               /* Ethernet, IPv4, UDP */
#define HEADERS_BYTES6 62

/* -- cards ------------------------------------------------------------------------------------------------------- */

static void start_card(struct hardware_card *c, const char *name)
{
    int err;

    snprintf(c->name, sizeof c->name, "%.15s", name);
    c->phc.fd = -1;
    c->why_not = nic_stamps_on(c->name, &c->nic);
    if (c->why_not)
        return;
    err = phc_open(&c->phc, c->nic.phc_index);
    if (err)
        c->why_not = err == -UE_PERMISSION ? "no right to read the card's clock /dev/ptpN: start as root, or let this user read it"
                                           : "the card's clock /dev/ptpN cannot be opened";
}

void hardware_start(struct hardware *h, const struct option_texts *names, struct hardware_lines *lines)
{
    memset(h, 0, sizeof *h);
    h->lines = lines;
    h->count = names->count;
    for (unsigned i = 0; i < h->count; i++)
        start_card(&h->card[i], names->item[i].s);
    h->next = MONO_NEVER;
    if (hardware_on(h))
        h->next.ns = 0;
}

bool hardware_on(const struct hardware *h)
{
    for (unsigned i = 0; i < h->count; i++)
        if (!h->card[i].why_not)
            return true;
    return false;
}

const struct hardware_lines *hardware_lines_used(const struct hardware *h) { return hardware_on(h) ? h->lines : NULL; }

/* -- in words ------------------------------------------------------------------------------------------------------ */

static void describe(const struct hardware_card *c, char *out, size_t size)
{
    char within[24];

    if (c->why_not)
        snprintf(out, size, "%s", c->why_not);
    else if (c->read_failed)
        snprintf(out, size, "its clock /dev/ptp%d cannot be read; the kernel's stamps are used", c->nic.phc_index);
    else if (c->line.fit.valid)
        snprintf(out, size, "its stamps are used; its clock /dev/ptp%d is known within %s", c->nic.phc_index, ns_to_text(c->line.fit.error.ns, within));
    else
        snprintf(out, size, "its stamps are used, placed by its clock /dev/ptp%d", c->nic.phc_index);
}

void hardware_tell(const struct hardware *h)
{
    char text[SNAPSHOT_TEXT_MAX];

    for (unsigned i = 0; i < h->count; i++) {
        describe(&h->card[i], text, sizeof text);
        logger_say("hardware_timestamps: %s: %s%s", h->card[i].name, text, h->card[i].why_not ? "; the kernel's own stamps are used there" : "");
    }
}

void hardware_picture(const struct hardware *h, struct snapshot *out)
{
    out->card_count = h->count;
    for (unsigned i = 0; i < h->count; i++) {
        snprintf(out->card[i].name, sizeof out->card[i].name, "%s", h->card[i].name);
        out->card[i].on = !h->card[i].why_not && !h->card[i].read_failed;
        describe(&h->card[i], out->card[i].text, sizeof out->card[i].text);
    }
}

/* -- lines ---------------------------------------------------------------------------------------------------------- */

static void publish(struct hardware *h, unsigned i)
{
    const struct hardware_card *c = &h->card[i];
    uint32_t next = h->lines->card[i].generation + 1;

    next = next ? next : 2; /* 0 means nothing yet; the low bit goes on alternating */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    h->lines->card[i].copy[next & 1] = (struct hardware_line){ c->nic.ifindex, c->nic.link_mbps, c->line.fit };
    __atomic_store_n(&h->lines->card[i].generation, next, __ATOMIC_RELEASE);
}

static void read_card(struct hardware *h, unsigned i, struct mono_ns now)
{
    struct hardware_card *c = &h->card[i];
    struct phc_reading r;

    if (c->why_not)
        return;
    c->read_at = now;
    if (phc_read(&c->phc, &r) == 0) {
        c->read_failed = false;
        phc_line_add(&c->line, &r);
    } else {
        if (!c->read_failed)
            logger_say("hardware_timestamps: %s: its clock /dev/ptp%d cannot be read; the kernel's stamps are used until it can", c->name, c->nic.phc_index);
        c->read_failed = true;
        c->line = (struct phc_line){ .count = 0 };
    }
    publish(h, i);
}

void hardware_read_all(struct hardware *h, struct mono_ns now)
{
    for (unsigned i = 0; i < h->count; i++)
        read_card(h, i, now);
    h->next = hardware_on(h) ? mono_add(now, (struct dur_ns){ READ_EVERY_NS }) : MONO_NEVER;
}

void hardware_refresh(struct hardware *h, const struct io_hardware_stamp *s, struct mono_ns now)
{
    for (unsigned i = 0; s->ns != 0 && i < h->count; i++)
        if (h->card[i].nic.ifindex == s->ifindex && mono_sub(now, h->card[i].read_at).ns > READ_FRESH_NS)
            read_card(h, i, now);
}

/* -- placing --------------------------------------------------------------------------------------------------------- */

static bool line_of(const struct hardware_lines *l, uint32_t ifindex, struct hardware_line *out)
{
    for (unsigned i = 0; i < HARDWARE_CARDS_MAX; i++) {
        uint32_t before = __atomic_load_n(&l->card[i].generation, __ATOMIC_ACQUIRE);

        if (before == 0 || l->card[i].copy[before & 1].ifindex != ifindex)
            continue;
        *out = l->card[i].copy[before & 1];
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        return __atomic_load_n(&l->card[i].generation, __ATOMIC_RELAXED) == before; /* a line drawn this instant: the kernel's stamp does for once */
    }
    return false;
}

bool hardware_place(const struct hardware_lines *l, const struct io_hardware_stamp *s, enum hardware_way way, struct mono_ns by, struct mono_ns *at,
                    struct dur_ns *error)
{
    struct hardware_line line;
    struct mono_ns placed;
    int64_t before;

    if (s->ns == 0 || s->ifindex == 0 || !line_of(l, s->ifindex, &line) || !phc_fit_raw(&line.fit, s->ns, &placed))
        return false;
    if (way == HARDWARE_ARRIVED && line.link_mbps > 0 && s->wire_bytes > 0)
        placed.ns += (int64_t)(s->wire_bytes + FRAME_CHECK_BYTES) * 8000 / line.link_mbps;
    before = mono_sub(by, placed).ns;
    if (before > BEFORE_MAX_NS || before < -AFTER_MAX_NS)
        return false;
    *at = placed;
    *error = line.fit.error;
    return true;
}

void hardware_arrival(const struct hardware_lines *l, struct io_datagram *d, struct dur_ns *error)
{
    struct io_hardware_stamp s = d->hardware;

    if (s.ns != 0 && s.wire_bytes == 0)
        s.wire_bytes = (uint32_t)d->len + (d->from.family == ADDR_IPV6 ? HEADERS_BYTES6 : HEADERS_BYTES4);
    if (hardware_place(l, &s, HARDWARE_ARRIVED, d->rx, &d->rx, error))
        d->stamp = STAMP_HARDWARE;
}
