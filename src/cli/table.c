#include "cli/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Columns on the screen: bytes that continue a UTF-8 character take none. */
static unsigned columns_of(const char *s, size_t len)
{
    unsigned n = 0;

    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)s[i] & 0xc0) != 0x80;
    return n;
}

static unsigned width_of(const char *s) { return columns_of(s, strlen(s)); }

static void spaces(unsigned n, FILE *out) { fprintf(out, "%*s", (int)n, ""); }

static unsigned column_width(const struct table *t, unsigned c)
{
    unsigned w = width_of(t->column[c].title);

    for (unsigned r = 0; r < t->rows; r++)
        if (width_of(t->cell[r][c]) > w)
            w = width_of(t->cell[r][c]);
    return w;
}

static unsigned total_width(const struct table *t, const unsigned *widths, const bool *left_out)
{
    unsigned w = 0;

    for (unsigned c = 0; c < t->columns; c++)
        w += left_out[c] ? 0 : widths[c] + (w ? 2 : 0);
    return w;
}

/* Leave out the column that matters least. Returns false when none is left to spare. */
static bool leave_one_out(const struct table *t, bool *left_out)
{
    unsigned worst = t->columns;

    for (unsigned c = 0; c < t->columns; c++)
        if (!left_out[c] && t->column[c].drop && (worst == t->columns || t->column[c].drop > t->column[worst].drop))
            worst = c;
    if (worst == t->columns)
        return false;
    left_out[worst] = true;
    return true;
}

/* text(t, row, column) is what stands in the row. */
static void print_row(const struct table *t, const unsigned *widths, const bool *left_out,
                      const char *(*text)(const struct table *, unsigned, unsigned), unsigned row, FILE *out)
{
    unsigned pending = 0; /* spaces owed before the next text: none at a line's end */

    for (unsigned c = 0; c < t->columns; c++) {
        const char *s = text(t, row, c);
        unsigned pad = widths[c] - (left_out[c] ? widths[c] : width_of(s));

        if (left_out[c])
            continue;
        spaces(pending + (t->column[c].right ? pad : 0), out);
        fputs(s, out);
        pending = 2 + (t->column[c].right ? 0 : pad);
    }
    fputc('\n', out);
}

static const char *title_text(const struct table *t, unsigned row, unsigned c) { (void)row; return t->column[c].title; }
static const char *cell_text(const struct table *t, unsigned row, unsigned c) { return t->cell[row][c]; }

unsigned table_print(const struct table *t, unsigned width, FILE *out)
{
    unsigned widths[TABLE_COLUMNS_MAX], dropped = 0;
    bool left_out[TABLE_COLUMNS_MAX] = { false };

    for (unsigned c = 0; c < t->columns; c++)
        widths[c] = column_width(t, c);
    while (width && total_width(t, widths, left_out) > width && leave_one_out(t, left_out))
        dropped++;
    print_row(t, widths, left_out, title_text, 0, out);
    for (unsigned r = 0; r < t->rows; r++)
        print_row(t, widths, left_out, cell_text, r, out);
    return dropped;
}

void text_wrap(const char *text, unsigned at, unsigned indent, unsigned width, FILE *out)
{
    unsigned lead = (unsigned)strspn(text, " ");
    bool begun = false;

    spaces(lead, out);
    at += lead;
    text += lead;
    while (*text) {
        size_t len = strcspn(text, " ");
        unsigned w = columns_of(text, len);

        if (begun && width && at + 1 + w > width) {
            fputc('\n', out);
            spaces(indent, out);
            at = indent;
        } else if (begun) {
            fputc(' ', out);
            at++;
        }
        fwrite(text, 1, len, out);
        at += w;
        begun = true;
        text += len + strspn(text + len, " ");
    }
    fputc('\n', out);
}

void text_sentence(unsigned width, FILE *out, const char *format, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    text_wrap(text, 0, 0, width, out);
}

unsigned terminal_width(FILE *out)
{
    const char *columns = getenv("COLUMNS");
    long n = columns ? strtol(columns, NULL, 10) : 0;
    struct winsize w;

    if (n > 0 && n < 10000)
        return (unsigned)n;
    if (isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &w) == 0)
        return w.ws_col;
    return 0;
}
