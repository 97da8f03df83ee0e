/* The program in the kernel: struct xdp_world from its maps, xdp_respond, and what XDP does with the outcome. Compiled for BPF on its own.
 * The maps are mapped into the daemon's memory as well: no system call is made for any of them after the start. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "xdp/respond.h"

#define ONE(name_, type_) \
    struct { \
        __uint(type, BPF_MAP_TYPE_ARRAY); \
        __uint(map_flags, BPF_F_MMAPABLE); \
        __uint(max_entries, 1); \
        __type(key, __u32); \
        __type(value, type_); \
    } name_ SEC(".maps")

ONE(mirror, struct xdp_mirror);
ONE(clients, struct guard);     /* what the sockets' guard is */
ONE(stats, struct serve_stats); /* the loader makes it one for each CPU */

/* Set by the loader: what is switched off is cut out of the program before it runs. */
#ifndef XDP_GUARDED
#define XDP_GUARDED false
#endif
const volatile bool guarded = XDP_GUARDED;

static uint64_t now(void) { return bpf_ktime_get_boot_ns(); }

static inline int answer(struct xdp_md *frame)
{
    __u32 first = 0, cpu = bpf_get_smp_processor_id();
    struct xdp_world w = { .mirror = bpf_map_lookup_elem(&mirror, &first), .stats = bpf_map_lookup_elem(&stats, &cpu), .ifindex = frame->ingress_ifindex };

    if (!w.mirror || !w.stats)
        return XDP_PASS;
    if (guarded)
        w.guard = bpf_map_lookup_elem(&clients, &first);
    if (guarded && !w.guard)
        return XDP_PASS;
    switch (xdp_respond(&w, now, (uint8_t *)(long)frame->data, (const uint8_t *)(long)frame->data_end)) {
    case XDP_OUTCOME_ANSWERED: return XDP_TX;
    case XDP_OUTCOME_SILENT: return XDP_DROP;
    default: return XDP_PASS;
    }
}

SEC("xdp")
int respond(struct xdp_md *frame) { return answer(frame); }

const char program_license[] SEC("license") = "Apache-2.0";
