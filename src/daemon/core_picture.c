/* The core role as it tells of itself over the control socket. */
#include <stdio.h>
#include <string.h>

#include "daemon/built.h"
#include "daemon/core_part.h"
#include "ke/ke.h"

static void picture_of_service(const struct serve_stats *stats, unsigned rows, enum service s, const char *how, struct snapshot *out)
{
    struct snapshot_service *service = &out->service[out->service_count++];

    memset(service, 0, sizeof *service);
    snprintf(service->name, sizeof service->name, "%s%s", service_name(s), how);
    for (unsigned i = 0; i < rows; i++) {
        service->requests += stats[i].requests[s];
        for (unsigned v = 0; v < VERDICT_COUNT; v++)
            service->verdict[v] += stats[i].verdict[s][v];
    }
}

/* Came, and were dropped before a worker could count them. */
static void add_sieved(const uint64_t sieved[SERVICE_COUNT], struct snapshot_service service[SERVICE_COUNT])
{
    for (unsigned s = 0; s < SERVICE_COUNT; s++) {
        service[s].requests += sieved[s];
        service[s].verdict[VERDICT_SIEVED] += sieved[s];
    }
}

/* What it answered is not in the sockets' rows. */
static void picture_of_responder(const struct responder *r, struct snapshot *out)
{
    picture_of_service(r->stats, r->loaded.cpus, SERVICE_NTP, " by XDP", out);
    picture_of_service(r->stats, r->loaded.cpus, SERVICE_TIME, " by XDP", out);
}

static void picture_of_ke(const struct ke_picture *ke, struct snapshot *out)
{
    out->certificate_expires = ke->valid.until;
    out->handshakes = ke->stats.accepted;
    out->handshakes_granted = ke->stats.granted;
}

static void picture_of_processes(const struct shared_state *shared, struct snapshot *out)
{
    out->process_count = 0;
    for (int r = 0; r < ROLE_COUNT; r++) {
        struct snapshot_process *p = &out->process[out->process_count];

        if (r <= ROLE_SERVE) {
            *p = (struct snapshot_process){ .restarts = 0 };
            snprintf(p->role, sizeof p->role, "%s", role_name((enum role)r));
            out->process_count++;
        } else {
            p--;
        }
        p->restarts += shared->death[r].count;
    }
}

void core_snapshot(struct core *c, struct snapshot *out)
{
    engine_snapshot(c->engine, host_mono(), out);
    core_tell_disruptions(c, &out->page);
    snprintf(out->version, sizeof out->version, "%s", SIMPLE_UTCD_VERSION);
    snprintf(out->clock_mode, sizeof out->clock_mode, "%s", c->world->clock_mode);
    snprintf(out->clock_reason, sizeof out->clock_reason, "%s", c->world->clock_reason);
    out->others_hidden = c->world->mode->others_hidden;
    core_find_problems(c, out->now, &out->problems);
    out->control_denied = c->denied;
    out->reloads = c->world->sets->report.count;
    hardware_picture(c->world->hardware, out);
    responder_picture(c->world->responder, c->world->shared->xdp_gone, out);
    if (c->world->ke)
        picture_of_ke(c->world->ke, out);
    out->answers_unsent = lack_of(c->world->shared).unsent;
    out->connections_put_off = lack_of(c->world->shared).unaccepted;
    out->service_count = 0;
    for (unsigned s = 0; s < SERVICE_COUNT; s++)
        picture_of_service(c->world->shared->served, WORKERS_MAX, (enum service)s, "", out);
    add_sieved(c->world->shared->sieved, out->service);
    for (unsigned w = 0; w < WORKERS_MAX; w++)
        out->service[SERVICE_NTP].ahead = dur_max(out->service[SERVICE_NTP].ahead, (struct dur_ns){ c->world->shared->ahead_ns[w] });
    picture_of_processes(c->world->shared, out);
    for (unsigned w = 0; w < WORKERS_MAX; w++)
        histogram_join(&out->histogram[HISTOGRAM_ANSWER], &c->world->shared->latency[w]);
    if (c->world->responder->mirror)
        picture_of_responder(c->world->responder, out);
}
