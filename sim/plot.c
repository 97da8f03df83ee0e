#include "sim/plot.h"

#include <math.h>

#define WIDTH 900
#define LEFT 90
#define RIGHT (WIDTH - 20)
#define PANEL 170
#define GAP 44
#define TOP 40
#define ROWS 4
#define TICKS_MAX 9
#define MARKS_MAX 60            /* of more moments at which something happens none is marked: they would hide the curves */

/* Values of a panel are told in units of 1 / per_one. */
struct panel { const char *label, *unit; double per_one, low, high; int row; double (*value)(const struct check_point *); const char *colour; };

static double error_s(const struct check_point *p) { return p->error_s; }
static double early_s(const struct check_point *p) { return p->early_s; }
static double late_s(const struct check_point *p) { return p->late_s; }
static double freq_ppm(const struct check_point *p) { return p->freq_ppm; }
static double poll_log2(const struct check_point *p) { return p->poll_log2; }

static double end_s(const struct check_course *c) { return c->point[c->count - 1].at_s; }

static double x_of(const struct check_course *c, double at_s) { return LEFT + (RIGHT - LEFT) * (end_s(c) > 0 ? at_s / end_s(c) : 0); }

static int top_of(int row) { return TOP + row * (PANEL + GAP); }

static double y_of(const struct panel *p, double v)
{
    double share = (v - p->low) / (p->high - p->low);

    return top_of(p->row) + PANEL * (1 - fmin(1, fmax(0, share)));
}

/* Points that nobody may use (not synchronised) are left out. */
static void curve(FILE *out, const struct check_course *c, const struct panel *p)
{
    bool pen = false;

    fprintf(out, "<path fill=\"none\" stroke=\"%s\" d=\"", p->colour);
    for (unsigned i = 0; i < c->count; i++) {
        if (c->point[i].usable)
            fprintf(out, "%c%.1f %.1f", pen ? 'L' : 'M', x_of(c, c->point[i].at_s), y_of(p, p->value(&c->point[i])));
        pen = c->point[i].usable;
    }
    fprintf(out, "\"/>\n");
}

static void line(FILE *out, double x1, double y1, double x2, double y2, const char *style)
{
    fprintf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2, y2, style);
}

static void text_at(FILE *out, double x, double y, const char *anchor, const char *text)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, text);
}

/* ---- time ---- */

static const struct { double s; const char *name; } time_units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };

/* A round step that gives no more than TICKS_MAX. */
static double time_step_s(double end)
{
    static const double steps_s[] = { 1, 2, 5, 10, 20, 60, 120, 300, 600, 1200, 3600, 7200, 10800, 21600, 43200, 86400 };
    size_t i = 0;
    double days = 1;

    while (i + 1 < sizeof steps_s / sizeof steps_s[0] && end / steps_s[i] > TICKS_MAX)
        i++;
    while (end / (steps_s[i] * days) > TICKS_MAX)
        days *= 2;
    return steps_s[i] * days;
}

static void time_axis(FILE *out, const struct check_course *c, int row)
{
    double step = time_step_s(end_s(c)), y = top_of(row) + PANEL;
    size_t unit = 0;

    while (unit < 3 && step < time_units[unit].s)
        unit++;
    for (unsigned i = 0; i * step <= end_s(c); i++) {
        char text[32];

        snprintf(text, sizeof text, "%.4g %s", i * step / time_units[unit].s, time_units[unit].name);
        line(out, x_of(c, i * step), y, x_of(c, i * step), y + 4, "stroke=\"#888\"");
        text_at(out, x_of(c, i * step), y + 16, "middle", text);
    }
}

static unsigned moments(const struct story *s, const struct check_course *c, FILE *out, int row)
{
    unsigned n = 0;

    for (size_t i = 0; i < s->statement_count; i++) {
        double at = dur_to_s(s->statement[i].at), x = x_of(c, at);
        bool again = i > 0 && s->statement[i].at.ns == s->statement[i - 1].at.ns;

        if (at <= 0 || at > end_s(c) || again)
            continue;
        n++;
        if (out)
            line(out, x, top_of(row), x, top_of(row) + PANEL, "stroke=\"#aaa\" stroke-dasharray=\"3 3\"");
    }
    return n;
}

/* ---- panels ---- */

static void frame(FILE *out, const struct story *s, const struct check_course *c, const struct panel *p)
{
    int y = top_of(p->row);
    char text[32];

    fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#888\"/>\n", LEFT, y, RIGHT - LEFT, PANEL);
    fprintf(out, "<text x=\"%d\" y=\"%d\">%s, %s</text>\n", LEFT, y - 6, p->label, p->unit);
    snprintf(text, sizeof text, "%.4g", p->high * p->per_one);
    text_at(out, LEFT - 4, y + 10, "end", text);
    snprintf(text, sizeof text, "%.4g", p->low * p->per_one);
    text_at(out, LEFT - 4, y + PANEL, "end", text);
    if (p->low < 0 && p->high > 0) {
        line(out, LEFT, y_of(p, 0), RIGHT, y_of(p, 0), "stroke=\"#ddd\"");
        text_at(out, LEFT - 4, y_of(p, 0) + 4, "end", "0");
    }
    time_axis(out, c, p->row);
    if (moments(s, c, NULL, 0) <= MARKS_MAX)
        moments(s, c, out, p->row);
}

/* 1, 2 or 5 times a power of ten that holds all but the wildest hundredth: start-up must not flatten the day. */
static double reach(const struct check_course *c, double (*value)(const struct check_point *))
{
    static const double round_up[] = { 2, 2.5, 2 };
    double limit = 1e-9; /* a nanosecond, 1e-9 ppm */

    for (unsigned pass = 0; pass < 60; limit *= round_up[pass++ % 3]) {
        unsigned outside = 0;

        for (unsigned i = 0; i < c->count; i++)
            outside += c->point[i].usable && fabs(value(&c->point[i])) > limit;
        if (outside * 100 <= c->count)
            break;
    }
    return limit;
}

static struct panel time_panel(const char *label, double limit_s, int row, double (*value)(const struct check_point *), const char *colour)
{
    static const struct { const char *unit; double per_s; } units[] = {
        { "nanoseconds", 1e9 }, { "microseconds", 1e6 }, { "milliseconds", 1e3 }, { "seconds", 1 },
    };
    size_t i = 0;

    while (i < 3 && limit_s * units[i].per_s > 999)
        i++;
    return (struct panel){ label, units[i].unit, units[i].per_s, -limit_s, limit_s, row, value, colour };
}

/* One more on both sides of what there is. */
static struct panel poll_panel(const struct check_course *c)
{
    double low = INFINITY, high = -INFINITY;

    for (unsigned i = 0; i < c->count; i++)
        if (c->point[i].usable) {
            low = fmin(low, poll_log2(&c->point[i]));
            high = fmax(high, poll_log2(&c->point[i]));
        }
    if (low > high)
        low = high = 6;
    return (struct panel){ "shortest poll interval", "log2 of seconds", 1, low - 1, high + 1, ROWS - 1, poll_log2, "#639" };
}

static void title(FILE *out, const char *name)
{
    fprintf(out, "<text x=\"%d\" y=\"18\" font-size=\"15\">", LEFT);
    for (; *name != '\0'; name++)
        if (*name == '<' || *name == '&')
            fputs(*name == '<' ? "&lt;" : "&amp;", out);
        else
            fputc(*name, out);
    fputs("</text>\n", out);
}

void plot_svg(FILE *out, const struct story *s, const struct check_course *c)
{
    double wide, freq;

    if (c->count == 0)
        return;
    wide = fmax(reach(c, late_s), reach(c, early_s));
    freq = reach(c, freq_ppm);
    const struct panel panels[] = {
        time_panel("served minus true", reach(c, error_s), 0, error_s, "#06c"),
        time_panel("earliest, served and latest minus true", wide, 1, early_s, "#c60"),
        time_panel("", wide, 1, late_s, "#c60"),
        time_panel("", wide, 1, error_s, "#06c"),
        { "frequency error", "ppm", 1, -freq, freq, 2, freq_ppm, "#090" },
        poll_panel(c),
    };

    fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n", WIDTH,
            TOP + ROWS * (PANEL + GAP));
    fprintf(out, "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n");
    title(out, s->name);
    for (size_t i = 0; i < sizeof panels / sizeof panels[0]; i++) {
        if (i == 0 || panels[i].row != panels[i - 1].row)
            frame(out, s, c, &panels[i]);
        curve(out, c, &panels[i]);
    }
    fprintf(out, "</svg>\n");
}
