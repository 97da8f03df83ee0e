#include "admin/core_link.h"

#include <string.h>
#include <sys/socket.h>

#include "io/stamp.h"

#define EVERY_NS NS_PER_S

void core_link_start(struct core_link *l, int fd, const struct io_vmclock *vmclock)
{
    memset(l, 0, sizeof *l);
    l->fd = fd;
    l->vmclock = vmclock;
    l->asked_at.ns = -EVERY_NS;
}

/* A question that could not be put waits for the next turn: core is not there, or does not come to it. */
struct mono_ns core_link_ask(struct core_link *l, struct mono_ns now)
{
    const struct control_request all = { .version = CONTROL_VERSION, .verb = CONTROL_VERB_SNAPSHOT, .sections = CONTROL_SECTIONS_ALL };
    uint8_t frame[CONTROL_REQUEST_MAX];
    size_t len;

    if (mono_sub(now, l->asked_at).ns >= EVERY_NS) {
        len = control_request_write(&all, frame, sizeof frame);
        send(l->fd, frame, len, MSG_DONTWAIT | MSG_NOSIGNAL);
        l->asked_at = now;
    }
    return mono_add(l->asked_at, (struct dur_ns){ EVERY_NS });
}

bool core_link_take(struct core_link *l, struct mono_ns now)
{
    static uint8_t frame[CONTROL_ANSWER_MAX];
    static struct snapshot s;
    enum control_result result;
    ssize_t n = recv(l->fd, frame, sizeof frame, MSG_DONTWAIT);

    if (n <= 0 || control_answer_read((struct span){ frame, (size_t)n }, &result, &s) != 0 || result != CONTROL_OK)
        return false;
    l->snapshot = s;
    l->known = true;
    l->answered_at = now;
    core_link_look(l);
    return true;
}

void core_link_look(struct core_link *l)
{
    struct page_data *page = &l->snapshot.page;

    if (l->known && (io_slept_since(page->asleep) || (l->vmclock && io_vmclock_marker(l->vmclock) != page->disruption)))
        page->status = CLOCK_DISRUPTED;
}

struct dur_ns core_link_silence(const struct core_link *l, struct mono_ns now) { return mono_sub(now, l->answered_at); }
