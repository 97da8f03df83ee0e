#include "sim/plot.h"

#include <math.h>

#define WIDTH 900
#define LEFT 90
#define PANEL 170
#define GAP 44
#define TOP 40

/* Values of a panel are told in units of 1 / per_one. */
struct panel { const char *label, *unit; double per_one, low, high; int row; double (*value)(const struct check_point *); const char *colour; };

static double error_s(const struct check_point *p) { return p->error_s; }
static double early_s(const struct check_point *p) { return p->early_s; }
static double late_s(const struct check_point *p) { return p->late_s; }
static double freq_ppm(const struct check_point *p) { return p->freq_ppm; }
static double poll_log2(const struct check_point *p) { return p->poll_log2; }

static double x_of(const struct check_course *c, double at_s)
{
    double end = c->point[c->count - 1].at_s;

    return LEFT + (WIDTH - LEFT - 20) * (end > 0 ? at_s / end : 0);
}

static double y_of(const struct panel *p, double v)
{
    double share = (v - p->low) / (p->high - p->low);

    return TOP + p->row * (PANEL + GAP) + PANEL * (1 - fmin(1, fmax(0, share)));
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

static void frame(FILE *out, const struct check_course *c, const struct panel *p)
{
    int y = TOP + p->row * (PANEL + GAP);

    fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#888\"/>\n", LEFT, y, WIDTH - LEFT - 20, PANEL);
    fprintf(out, "<text x=\"%d\" y=\"%d\">%s, %s</text>\n", LEFT, y - 6, p->label, p->unit);
    fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.4g</text>\n", LEFT - 4, y + 10, p->high * p->per_one);
    fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.4g</text>\n", LEFT - 4, y + PANEL, p->low * p->per_one);
    fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.4g h</text>\n", WIDTH - 20, y + PANEL + 14, c->point[c->count - 1].at_s / 3600);
}

/* A range that holds all but the wildest hundredth: start-up must not flatten the day. */
static double reach(const struct check_course *c, double (*value)(const struct check_point *))
{
    double limit = 1e-9; /* a nanosecond, 1e-9 ppm */

    for (unsigned pass = 0; pass < 60; pass++, limit *= 2) {
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

    while (i < 3 && limit_s * units[i].per_s >= 1000)
        i++;
    return (struct panel){ label, units[i].unit, units[i].per_s, -limit_s, limit_s, row, value, colour };
}

void plot_svg(FILE *out, const char *title, const struct check_course *c)
{
    double wide, narrow, freq;

    if (c->count == 0)
        return;
    wide = fmax(reach(c, late_s), reach(c, early_s));
    narrow = reach(c, error_s);
    freq = reach(c, freq_ppm);
    const struct panel panels[] = {
        time_panel("served minus true", narrow, 0, error_s, "#06c"),
        time_panel("earliest, served and latest minus true", wide, 1, early_s, "#c60"),
        time_panel("", wide, 1, late_s, "#c60"),
        time_panel("", wide, 1, error_s, "#06c"),
        { "frequency error", "ppm", 1, -freq, freq, 2, freq_ppm, "#090" },
        { "shortest poll interval", "log2 of seconds", 1, -4, 17, 3, poll_log2, "#639" },
    };

    fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n", WIDTH,
            TOP + 4 * (PANEL + GAP));
    fprintf(out, "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n<text x=\"%d\" y=\"18\" font-size=\"15\">%s</text>\n", LEFT, title);
    for (size_t i = 0; i < sizeof panels / sizeof panels[0]; i++) {
        if (i == 0 || panels[i].row != panels[i - 1].row)
            frame(out, c, &panels[i]);
        curve(out, c, &panels[i]);
    }
    fprintf(out, "</svg>\n");
}
