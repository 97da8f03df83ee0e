/* What the control socket may change, once the caller may: each act says in a sentence what came of it. */
#ifndef DAEMON_CONTROL_ACT_H
#define DAEMON_CONTROL_ACT_H

#include "daemon/core.h"
#include "observe/control.h"

/* Does what the request asks; a RELOAD is over when it comes here, and is only reported. The text says what was done, or why not. False: it was refused. */
bool control_act(struct core *c, const struct control_request *request, char *text, size_t size);

#endif
