/* utcctl top: status and sources once a second on the whole screen, in plain ANSI (ECMA-48) sequences that every terminal knows. q ends it, and so does an
 * end of input or a signal; the screen and the terminal's mode are put back either way, and while it is stopped (Ctrl-Z). */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/show.h"
#include "cli/table.h"
#include "observe/snapshot_json.h"

#define EVERY_MS 1000
#define OTHER_SCREEN "\x1b[?1049h\x1b[?25l"
#define OWN_SCREEN "\x1b[?25h\x1b[?1049l"
#define HOME "\x1b[H"
#define REST_OF_LINE "\x1b[K"
#define REST_OF_SCREEN "\x1b[J"

static struct asked asked;
static struct termios before;
static volatile sig_atomic_t told_to_end, told_to_stop;

static void on_signal(int number)
{
    if (number == SIGTSTP)
        told_to_stop = 1;
    else if (number != SIGWINCH)
        told_to_end = 1;
}

static unsigned rows_of_screen(void)
{
    struct winsize w;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 1 ? w.ws_row : 24;
}

/* As many lines as there is room for, each over what stood there: nothing flickers. */
static void paint(const char *text, unsigned rows)
{
    fputs(HOME, stdout);
    for (unsigned row = 1; row < rows && *text; row++) {
        size_t len = strcspn(text, "\n");

        printf("%.*s" REST_OF_LINE "\r\n", (int)len, text);
        text += len + (text[len] == '\n');
    }
    fputs(REST_OF_SCREEN "q ends", stdout);
    fflush(stdout);
}

static void refresh(const struct args *a)
{
    unsigned width = terminal_width(stdout);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return;
    if (ask_daemon(a->socket, CONTROL_SECTIONS_ALL, &asked) != 0 || asked.result != CONTROL_OK)
        fputs("No daemon answers; waiting for one.\n", out);
    else {
        show_status(&asked.snapshot, width, out);
        fputc('\n', out);
        if (!asked.page_only)
            show_sources(&asked.snapshot, width, out);
    }
    fclose(out);
    paint(text, rows_of_screen());
    free(text);
}

/* False when it is to end. */
static bool wait_for_key(void)
{
    struct pollfd p = { STDIN_FILENO, POLLIN, 0 };
    int n = poll(&p, 1, EVERY_MS);
    char key;

    if (told_to_end)
        return false;
    if (n <= 0)
        return n == 0 || errno == EINTR; /* EINTR: the window's size has changed, or a stop */
    return read(STDIN_FILENO, &key, 1) == 1 && key != 'q' && key != 'Q' && key != 3;
}

static void catch_signals(void)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP };
    struct sigaction s = { .sa_handler = on_signal };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaction(numbers[i], &s, NULL);
}

static void take_screen(void)
{
    struct termios keys = before;

    keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &keys);
    fputs(OTHER_SCREEN, stdout);
}

static void give_back_screen(void)
{
    fputs(OWN_SCREEN, stdout);
    fflush(stdout);
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

static void stop_if_told(void)
{
    if (!told_to_stop)
        return;
    told_to_stop = 0;
    give_back_screen();
    raise(SIGSTOP);
    take_screen();
}

static int run_screen(const struct args *a)
{
    if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0)
        return command_fail(a, CLI_USAGE, "top needs a terminal; `utcctl status` prints once, `utcctl top --json` a line a second");
    catch_signals();
    take_screen();
    do {
        stop_if_told();
        refresh(a);
    } while (wait_for_key());
    give_back_screen();
    return CLI_OK;
}

/* A line a second, until they cannot be written any more. */
static int run_lines(const struct args *a)
{
    int code;

    while ((code = command_ask(a, CONTROL_SECTIONS_ALL, &asked)) == CLI_OK) {
        command_print_json(&asked.snapshot, (void (*const[])(struct json *, const struct snapshot *)){ snapshot_json_clock, snapshot_json_sources,
                                                                                                       snapshot_json_problems, NULL });
        if (fflush(stdout) != 0 || ferror(stdout))
            return CLI_OK; /* command_main tells it */
        command_pause((struct dur_ns){ EVERY_MS * NS_PER_MS });
    }
    return code;
}

int command_top(const struct args *a) { return a->json ? run_lines(a) : run_screen(a); }
