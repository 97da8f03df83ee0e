/* Writes the filters of sandbox.def as tables of BPF instructions, with libseccomp and for the machine the daemon is built for: the daemon itself needs no
 * library for them, and no time. Runs where it is built.
 *
 * usage: sandbox_generate ARCHITECTURE OUTPUT */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/ptp_clock.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* libseccomp's stand-ins for calls that a machine has by socketcall() as well. */
#define MULTIPLEXED_FIRST (-100)
#define MULTIPLEXED_LAST (-120)
#define CALLS_NAMED_MAX 600 /* above the highest number of any Linux call today */

enum list {
#define LIST(role, most) LIST_##role,
#include "host/sandbox.def"
    LIST_COUNT
};

static const struct { const char *name; unsigned most; } lists[] = {
#define LIST(role, most) { #role, most },
#include "host/sandbox.def"
};

static const struct row { enum list list; const char *call; bool conditional; unsigned argument; uint64_t value, mask; } rows[] = {
#define CALL(role, call) { LIST_##role, #call, false, 0, 0, 0 },
#define CALL_FIRST(role, ...) { LIST_##role, #__VA_ARGS__, false, 0, 0, 0 },
#define CALL_IF(role, call, argument, value) { LIST_##role, #call, true, argument, value, UINT32_MAX },
#define CALL_LOW(role, call, argument, value, mask) { LIST_##role, #call, true, argument, value, mask },
#include "host/sandbox.def"
};
#define ROW_COUNT (sizeof rows / sizeof rows[0])

static void must(int result, const char *what)
{
    if (result >= 0)
        return;
    fprintf(stderr, "sandbox_generate: %s: %s\n", what, strerror(-result));
    exit(1);
}

static bool has(uint32_t machine, const char *call)
{
    int number = seccomp_syscall_resolve_name_arch(machine, call);

    if (number == __NR_SCMP_ERROR) {
        fprintf(stderr, "sandbox_generate: there is no call %s\n", call);
        exit(1);
    }
    return number >= 0 || (number <= MULTIPLEXED_FIRST && number >= MULTIPLEXED_LAST);
}

/* Returns false when the machine has no such call, or none of "call, another". */
static bool add(scmp_filter_ctx filter, uint32_t machine, const struct row *r)
{
    const struct scmp_arg_cmp condition = { r->argument, SCMP_CMP_MASKED_EQ, r->mask, r->value };
    char names[128], *rest;
    const char *call;

    snprintf(names, sizeof names, "%s", r->call);
    for (call = strtok_r(names, ", ", &rest); call && !has(machine, call); call = strtok_r(NULL, ", ", &rest))
        ;
    if (!call)
        return false;
    /* libseccomp takes the builder's number and finds the machine's by the name. */
    must(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, seccomp_syscall_resolve_name(call), r->conditional, &condition), r->call);
    return true;
}

/* Rows of one call stand together. */
static unsigned add_all(scmp_filter_ctx filter, uint32_t machine, enum list l)
{
    unsigned count = 0;

    for (size_t i = 0; i < ROW_COUNT; i++)
        if (rows[i].list == l && add(filter, machine, &rows[i]))
            count += i == 0 || strcmp(rows[i].call, rows[i - 1].call) != 0 || rows[i - 1].list != l;
    return count;
}

static scmp_filter_ctx filter_of(uint32_t machine, enum list l)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
    unsigned count;

    must(filter ? 0 : -1, "seccomp_init");
    if (machine != seccomp_arch_native()) {
        must(seccomp_arch_remove(filter, SCMP_ARCH_NATIVE), "the builder's architecture"); /* first: two orders of bytes do not go together */
        must(seccomp_arch_add(filter, machine), "the architecture");
    }
    must(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "calls of another architecture");
    must(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), "a binary tree"); /* the kernel runs the filter for every call there is when it takes it */
    count = add_all(filter, machine, l);
    if (count > lists[l].most) {
        fprintf(stderr, "sandbox_generate: %s has %u calls, %u are its most\n", lists[l].name, count, lists[l].most);
        exit(1);
    }
    return filter;
}

/* libseccomp writes to descriptors only. */
static size_t program_of(scmp_filter_ctx filter, struct sock_filter out[BPF_MAXINSNS])
{
    int fd = memfd_create("filter", 0);
    ssize_t n;

    must(fd, "memfd_create");
    must(seccomp_export_bpf(filter, fd), "seccomp_export_bpf");
    n = pread(fd, out, BPF_MAXINSNS * sizeof out[0], 0);
    must(n > 0 ? 0 : -1, "reading the filter back");
    close(fd);
    return (size_t)n / sizeof out[0];
}

/* libseccomp writes in the machine's order of bytes; what we write is numbers. A program begins with a load. */
static void read_in_its_order(struct sock_filter program[], size_t n)
{
    if (program[0].code == (BPF_LD | BPF_W | BPF_ABS))
        return;
    for (size_t i = 0; i < n; i++) {
        program[i].code = __builtin_bswap16(program[i].code);
        program[i].k = __builtin_bswap32(program[i].k);
    }
}

static void write_instructions(FILE *f, const struct sock_filter program[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        fprintf(f, "    { 0x%04x, %u, %u, 0x%08x },\n", program[i].code, program[i].jt, program[i].jf, program[i].k);
}

/* Number -1 is a call that a tracer took away, and does nothing: permitted first of all, so that faults can be injected. */
static const struct sock_filter taken_away[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, UINT32_MAX, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static void write_list(FILE *f, uint32_t machine, enum list l)
{
    static struct sock_filter program[BPF_MAXINSNS];
    scmp_filter_ctx filter = filter_of(machine, l);
    size_t n = program_of(filter, program);

    read_in_its_order(program, n);
    fprintf(f, "static const struct sock_filter filter_%s[] = {\n", lists[l].name);
    write_instructions(f, taken_away, sizeof taken_away / sizeof taken_away[0]);
    write_instructions(f, program, n);
    fprintf(f, "};\n");
    seccomp_release(filter);
}

/* One string, a line for each number: no pointer that would have to be relocated at each start. */
static void write_names(FILE *f, uint32_t machine)
{
    fprintf(f, "static const char call_names[] =\n");
    for (int i = 0; i < CALLS_NAMED_MAX; i++) {
        char *name = seccomp_syscall_resolve_num_arch(machine, i);

        fprintf(f, "    \"%s\\n\"\n", name ? name : "");
        free(name);
    }
    fprintf(f, "    ;\n");
}

int main(int argc, char **argv)
{
    uint32_t machine = argc == 3 ? seccomp_arch_resolve_name(argv[1]) : 0;
    FILE *f = machine ? fopen(argv[2], "w") : NULL;

    if (!f) {
        fputs("usage: sandbox_generate ARCHITECTURE OUTPUT\n", stderr);
        return 2;
    }
    fprintf(f, "/* Made by sandbox_generate of sandbox.def for %s. */\n", argv[1]);
    for (int l = 0; l < LIST_COUNT; l++)
        write_list(f, machine, (enum list)l);
    write_names(f, machine);
    return fclose(f) == 0 ? 0 : 1;
}
