/* What a role gives up for good before it meets the first outside byte, beyond its rights (privilege.h): a file system of its own with nothing in it, files
 * at all (Landlock), descriptors that are not its own, core dumps, and every system call that its list in sandbox.def does not name.
 *
 * The filters are made when the daemon is built (sandbox_generate.c). What the system does not offer, or not to us, is left out and named: the daemon works
 * all the same. Instrumented builds (sanitizers, coverage), whose own code needs memory and files at any moment, confine nothing: SANDBOX_INSTRUMENTED,
 * set by meson.build, is the one place. */
#ifndef HOST_SANDBOX_H
#define HOST_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order of sandbox.def. */
enum sandbox_list { SANDBOX_SERVE, SANDBOX_CLOCK, SANDBOX_CORE, SANDBOX_KE, SANDBOX_KE_CLIENT, SANDBOX_ADMIN, SANDBOX_LISTS };

/* The exit code of a process that made a call outside its list. */
#define SANDBOX_EXIT 159 /* 128 + SIGSYS, as a shell would show it */

/* In memory shared with the parent: the call that ended a process, and what it has to do without (SANDBOX_NO_...), for those who can say so when it cannot any
 * more. Written by processes that may be hostile: to be read as numbers in a range only. */
struct sandbox_note { int32_t refused_call; uint32_t missing; };

struct sandbox_files {
    const char *written;        /* a file that is replaced in its folder, where nothing is read; "" or NULL: none */
    const char *read[4];        /* files that are read, and what else lies in their folders; "" or NULL: none */
};

/* What is missing after entering. */
enum { SANDBOX_NO_ROOT = 1, SANDBOX_NO_LANDLOCK = 2, SANDBOX_NO_FILTER = 4, SANDBOX_MISSING_ALL = 7 };

/* False in instrumented builds: nothing below does anything. */
bool sandbox_confines(void);

/* Close every descriptor but these and the three standard ones. Reorders `keep`. */
void sandbox_keep_descriptors(int keep[], size_t count);

/* Let descriptors 0 to 2 mean `fd`: nothing is said through them from here on. */
void sandbox_silence(int fd);

/* Make a folder that is and stays empty the root of this process; where the kernel has none, one is made in `folder`, called by `number`, and
 * loses its name. Before rights are given away; an unprivileged caller gets it in a user namespace of its own. Returns 0 or SANDBOX_NO_ROOT. */
unsigned sandbox_empty_root(const char *folder, unsigned number);

/* The last step: no core dump, no files but those named (NULL: none at all), no TCP, no signals to others, no calls but the list's; what is refused is noted
 * in *note, and ends the process with SANDBOX_EXIT. After host_confine (no_new_privs). Landlock is spared where the root is empty and the filter there: it
 * would take a part of the start's time and add nothing. Returns what is missing, and notes it in *note: also an empty root that was asked for, unless
 * Landlock does its work. */
unsigned sandbox_enter(enum sandbox_list l, const struct sandbox_files *files, struct sandbox_note *note);

/* For a process that only reads files: none can be written, cut short, made or removed from here on, and no process but its own children be told a signal,
 * where the system can keep it from that. After host_confine. */
void sandbox_read_only(void);

/* The call's name on this machine; "" for a number that has none. `out` is at least SANDBOX_NAME_MAX. */
#define SANDBOX_NAME_MAX 32
void sandbox_call_name(int32_t number, char out[SANDBOX_NAME_MAX]);

/* What is missing, in words: "an empty root, Landlock". Other bits are not looked at. */
const char *sandbox_missing_text(unsigned missing, char out[64]);

#endif
