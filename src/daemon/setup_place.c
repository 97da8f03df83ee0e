/* Who the daemon is on this machine, and where: users, groups, the run directory with its lock. */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/exit.h"
#include "daemon/instance.h"
#include "daemon/logger.h"
#include "daemon/setup_part.h"

int setup_find_user(struct setup *s)
{
    const char *name = s->options->process.user.s;
    const struct passwd *pw;

    s->user = NULL;
    s->world.user = geteuid();
    if (!config_group(s->options->control.operators.s, &s->world.operators))
        return setup_refuse(EXIT_CONFIGURATION, "control.operators: there is no group \"%s\"; make it (addgroup --system %s) or name another",
                            s->options->control.operators.s, s->options->control.operators.s);
    if (name[0] == '\0' || geteuid() != 0)
        return 0;
    pw = getpwnam(name);
    if (!pw)
        return setup_refuse(EXIT_CONFIGURATION, "process.user: there is no user \"%s\"; make it (adduser --system %s) or name another", name, name);
    s->user_storage = (struct host_user){ pw->pw_uid, pw->pw_gid };
    s->user = &s->user_storage;
    s->world.user = pw->pw_uid;
    return 0;
}

int setup_find_roles(struct setup *s)
{
    const char *missing = s->one_process ? NULL : join_find_users(&s->join, &s->options->process);

    if (!missing)
        return 0;
    return setup_refuse(EXIT_CONFIGURATION, "process.*_user: there is no user \"%s\", or it has another role too; make it (systemd-sysusers) or name another",
                        missing);
}

int setup_open_join(struct setup *s)
{
    int err = join_open(&s->join, s);

    return err ? setup_refuse(EXIT_GENERAL, "cannot open the socket for roles in %s: %s", s->run_dir, ue_text(err)) : 0;
}

static bool serves_nobody(const struct daemon_options *o)
{
    return o->ntp.listen.count + o->ntp.smear_listen.count == 0 && o->timeproto.time.listen.count == 0 && o->timeproto.daytime.listen.count == 0;
}

static int refuse_second(const struct setup *s, pid_t other)
{
    return setup_refuse(EXIT_OTHER_INSTANCE, "another simple-utcd runs already (pid %ld, run directory %s); stop it, or give this one its own process.run_dir",
                        (long)other, s->run_dir);
}

/* A foreground client without a run directory of its own may run beside the machine's daemon: it has nothing that could collide. */
static bool may_detach(const struct setup *s)
{
    return s->one_process && s->options->process.run_dir.s[0] == '\0' && serves_nobody(s->options);
}

/* A service manager may have made one for us (systemd: RuntimeDirectory=, the first of several); then ours are not the places of a user's own daemon. */
static const char *made_for_us(void)
{
    const char *made = getenv("RUNTIME_DIRECTORY");

    return made && made[0] == '/' ? made : NULL;
}

static int find_run_dir(struct setup *s)
{
    const char *configured = s->options->process.run_dir.s, *made = made_for_us();

    if (configured[0] == '\0' && made)
        return snprintf(s->run_dir, sizeof s->run_dir, "%.*s", (int)strcspn(made, ":"), made) < (int)sizeof s->run_dir ? 0 : -UE_RANGE;
    if (configured[0] == '\0')
        return run_dir_own(s->run_dir, sizeof s->run_dir);
    return snprintf(s->run_dir, sizeof s->run_dir, "%s", configured) < (int)sizeof s->run_dir ? 0 : -UE_RANGE;
}

int setup_take_run_dir(struct setup *s)
{
    pid_t other = 0;
    int err = find_run_dir(s);

    if (!err)
        err = instance_make_dir(s->run_dir, s->user);
    if (!err)
        err = instance_lock(s->run_dir, &other);
    if (!err)
        return 0;
    s->detached = may_detach(s);
    if (s->detached)
        logger_say("no run directory (%s: %s): this daemon has no clock page file and cannot be asked by utcctl", s->run_dir,
                   err == -UE_BUSY ? "another simple-utcd has it" : ue_text(err));
    else if (err == -UE_BUSY)
        return refuse_second(s, other);
    else
        return setup_refuse(err == -UE_PERMISSION || err == -UE_READ_ONLY ? EXIT_PERMISSION : EXIT_GENERAL,
                            "cannot use the run directory %s: %s; make it a directory of this user's own, or set process.run_dir", s->run_dir,
                            err == -UE_NO_FILE ? "the directory above it does not exist" : ue_text(err));
    return 0;
}
