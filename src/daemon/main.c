/* simple-utcd: options of the command line, then one of: check, print, once, one process, supervisor. */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/built.h"
#include "daemon/exit.h"
#include "daemon/lives.h"
#include "daemon/logger.h"
#include "daemon/once.h"
#include "daemon/one_process.h"
#include "daemon/setup.h"
#include "daemon/supervisor.h"
#include "host/privilege.h"

extern char **environ;

struct arguments {
    const char *config;     /* NULL: the installed file if there is one, else the defaults */
    bool check, print, once, dry_run, one_process;
    int role;               /* of enum role; -1: the daemon itself */
    const char *join;       /* the daemon's socket for it */
};

static const char usage[] =
    "usage: simple-utcd [--config FILE] [--one-process]\n"
    "       simple-utcd [--config FILE] --once [--dry-run]\n"
    "       simple-utcd [--config FILE] --check-config | --print-config\n"
    "       simple-utcd --role ROLE [--join SOCKET]\n"
    "\n"
    "Learns UTC from the configured sources, keeps a clock with a stated error bound, and serves it. Runs in the foreground.\n"
    "\n"
    "  -c, --config FILE    read FILE; without it " SIMPLE_UTCD_CONFIG " if that exists, else defaults\n"
    "      --one-process    all roles in one process\n"
    "      --once           set the system clock once and end\n"
    "      --dry-run        with --once: only say what would be done\n"
    "      --check-config   say whether the configuration is right, and end\n"
    "      --print-config   print every value in force and where it comes from, and end\n"
    "      --role ROLE      be clock, serve, ke or admin of a running daemon (process.clock_user ...), in a service of its own\n"
    "      --join SOCKET    with --role: where that daemon listens; without it " RUN_DIR_SYSTEM "/" JOIN_SOCKET "\n"
    "      --version        print the version\n"
    "  -h, --help           print this\n"
    "\n"
    "Exit codes: 0 ended as asked, 1 other failure, 2 wrong command line, 3 configuration, 4 a right is missing, 5 an address to listen\n"
    "on is in use or does not exist, 6 another simple-utcd runs, 7 --once could not learn the time.\n";

enum { OPTION_ONE_PROCESS = 256, OPTION_ONCE, OPTION_DRY_RUN, OPTION_CHECK, OPTION_PRINT, OPTION_ROLE, OPTION_JOIN, OPTION_VERSION };

static int take_role(const char *name, struct arguments *a)
{
    for (int r = 0; r <= ROLE_SERVE; r++)
        if (r != ROLE_CORE && strcmp(name, role_name((enum role)r)) == 0) {
            a->role = r;
            return -1;
        }
    fprintf(stderr, "simple-utcd: --role: \"%s\" is none of clock, serve, ke, admin\n", name);
    return EXIT_USAGE;
}

/* Returns -1 to go on, else the exit code. */
static int take_option(int option, struct arguments *a)
{
    switch (option) {
    case 'c': a->config = optarg; return -1;
    case OPTION_ONE_PROCESS: a->one_process = true; return -1;
    case OPTION_ONCE: a->once = true; return -1;
    case OPTION_DRY_RUN: a->dry_run = true; return -1;
    case OPTION_CHECK: a->check = true; return -1;
    case OPTION_PRINT: a->print = true; return -1;
    case OPTION_ROLE: return take_role(optarg, a);
    case OPTION_JOIN: a->join = optarg; return -1;
    case OPTION_VERSION: puts("simple-utcd " SIMPLE_UTCD_VERSION); return 0;
    case 'h': fputs(usage, stdout); return 0;
    default: fputs("simple-utcd: see simple-utcd --help\n", stderr); return EXIT_USAGE;
    }
}

static int read_arguments(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {
        { "config", required_argument, NULL, 'c' },       { "one-process", no_argument, NULL, OPTION_ONE_PROCESS },
        { "once", no_argument, NULL, OPTION_ONCE },       { "dry-run", no_argument, NULL, OPTION_DRY_RUN },
        { "check-config", no_argument, NULL, OPTION_CHECK }, { "print-config", no_argument, NULL, OPTION_PRINT },
        { "role", required_argument, NULL, OPTION_ROLE }, { "join", required_argument, NULL, OPTION_JOIN },
        { "version", no_argument, NULL, OPTION_VERSION }, { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int option, code = -1;

    while (code < 0 && (option = getopt_long(argc, argv, "c:h", options, NULL)) != -1)
        code = take_option(option, a);
    if (code >= 0)
        return code;
    if (optind < argc) {
        fprintf(stderr, "simple-utcd: \"%s\" is no option; see simple-utcd --help\n", argv[optind]);
        return EXIT_USAGE;
    }
    if (a->check + a->print + a->once > 1 || (a->dry_run && !a->once)) {
        fputs("simple-utcd: --check-config, --print-config and --once exclude each other, and --dry-run belongs to --once\n", stderr);
        return EXIT_USAGE;
    }
    if (a->role < 0 ? a->join != NULL : a->config || a->one_process || a->check || a->print || a->once) {
        fputs("simple-utcd: --join belongs to --role, and no other option does\n", stderr);
        return EXIT_USAGE;
    }
    if (!a->config && access(SIMPLE_UTCD_CONFIG, F_OK) == 0)
        a->config = SIMPLE_UTCD_CONFIG;
    return -1;
}

/* Descriptors 0 to 2 are somebody's, or else /dev/null: a socket there would be written to by mistake. */
static void keep_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            return;
}

static int load(const char *path, struct daemon_options *out)
{
    static struct conf_errors errors;

    if (daemon_options_load(out, path, environ, &errors) == 0)
        return 0;
    daemon_print_errors(&errors, stderr);
    return EXIT_CONFIGURATION;
}

/* Where printing is all that was asked for, a full disk is a failure. */
static int printed(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fputs("simple-utcd: cannot write what was asked for: the disk is full, or standard output is closed\n", stderr);
    return code ? code : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static struct daemon_options options;
    static struct setup setup;
    struct arguments a = { .role = -1 };
    int code;

    host_hide_memory();
    keep_standard_descriptors();
    code = read_arguments(argc, argv, &a);
    if (code >= 0)
        return printed(code);
    if (a.role >= 0)
        return lives_join(a.join ? a.join : RUN_DIR_SYSTEM "/" JOIN_SOCKET, (enum role)a.role);
    if (a.check)
        return printed(daemon_check_config(a.config, environ, stdout, stderr));
    if (a.print)
        return printed(daemon_print_config(a.config, environ, stdout, stderr));
    code = load(a.config, &options);
    if (code)
        return code;
    logger_start(&options.log);
    if (a.once)
        return once_run(&options, a.dry_run);
    code = setup_make(&setup, &options, a.one_process, argv[0]);
    if (code)
        return code;
    return a.one_process ? one_process_run(&setup) : supervisor_run(&setup);
}
