#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "cli/show.h"
#include "cli/table.h"
#include "observe/snapshot_json.h"

static struct asked asked;

int command_clients(const struct args *a)
{
    const struct control_request request = { .version = CONTROL_VERSION, .verb = CONTROL_VERB_CLIENTS, .clients = (uint16_t)a->count };
    int code = command_ask_request(a, &request, &asked);

    if (code != CLI_OK)
        return code;
    if (a->json)
        command_print_json(&asked.snapshot, (void (*const[])(struct json *, const struct snapshot *)){ snapshot_json_clients, NULL });
    else
        show_clients(&asked.snapshot, terminal_width(stdout), stdout);
    return CLI_OK;
}

int command_acl(const struct args *a)
{
    struct control_request request = { .version = CONTROL_VERSION, .verb = CONTROL_VERB_ACCESS, .from = a->address, .listener = a->listener };
    char sentence[256];
    int code;

    snprintf(request.service, sizeof request.service, "%s", a->service);
    memcpy(request.interface, a->interface, sizeof request.interface);
    code = command_ask_request(a, &request, &asked);
    if (code != CLI_OK)
        return code;
    if (asked.snapshot.access_count == 0) {
        snprintf(sentence, sizeof sentence, "the daemon does not serve %s%s", a->service, a->listener.family == ADDR_NONE ? " at all" : " on that listener");
        return command_fail(a, CLI_GENERAL, sentence);
    }
    if (a->json)
        command_print_json(&asked.snapshot, (void (*const[])(struct json *, const struct snapshot *)){ snapshot_json_access, NULL });
    else
        show_access(&asked.snapshot, terminal_width(stdout), stdout);
    return CLI_OK;
}
