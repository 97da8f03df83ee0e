"""Small SVG pictures without a library: a comparison of figures by row on a logarithmic scale, and curves over time."""

import math

WIDTH, LEFT, TOP = 860, 290, 50
STYLE = 'font-family="sans-serif" font-size="11"'
SERIES = [("ours", "#06c"), ("chronyd, measured", "#c33"), ("KF bound", "#999"), ("BOX bound", "#393")]


def _document(width, height, body):
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" {STYLE}>'
    return "\n".join([head, '<rect width="100%" height="100%" fill="#fff"/>', *body, "</svg>", ""])


def _text(x, y, text, anchor="start", size=11):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-size="{size}">{text}</text>'


def comparison(path, lines):
    """lines: (name, ours, chronyd, KF, BOX) in microseconds, None where there is none."""
    values = [v for line in lines for v in line[1:] if v]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))

    def x(value):
        return LEFT + (WIDTH - LEFT - 20) * (math.log10(value) - low) / (high - low)

    bottom = TOP + 18 * len(lines)
    body = [_text(10, 18, "RMS error of the clock, microseconds", size=14)]
    body += [f'<circle cx="{LEFT + 130 * i}" cy="31" r="4" fill="{colour}"/>' + _text(LEFT + 130 * i + 8, 35, name) for i, (name, colour) in enumerate(SERIES)]
    for decade in range(low, high + 1):
        body.append(f'<path d="M{x(10**decade):.0f} {TOP - 6}V{bottom}" stroke="#ddd"/>' + _text(x(10**decade), bottom + 14, f"{10**decade:g}", "middle"))
    for n, (name, *figures) in enumerate(lines):
        y = TOP + 18 * n + 8
        body.append(_text(LEFT - 10, y + 4, name, "end"))
        body += [f'<circle cx="{x(v):.1f}" cy="{y}" r="4" fill="{colour}"/>' for v, (_, colour) in reversed(list(zip(figures, SERIES))) if v]
    path.write_text(_document(WIDTH, bottom + 26, body))


def _ticks(low, high):
    step = 10 ** math.floor(math.log10((high - low) / 3))
    step *= next(m for m in (1, 2, 5, 10) if (high - low) / (m * step) <= 6)
    return [step * n for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def curves(path, title, unit_y, unit_x, lines, logarithmic=False):
    """lines: (colour, [(x, y)]); on a logarithmic scale y is above 0."""
    width, height, left, top = 760, 320, 70, 36
    xs, ys = [p[0] for _, line in lines for p in line], [p[1] for _, line in lines for p in line]
    scale = math.log10 if logarithmic else float
    low_x, high_x, low_y, high_y = min(xs), max(xs), scale(min(ys)), scale(max(ys))
    ticks = [10.0**n for n in range(math.ceil(low_y), math.floor(high_y) + 1)] if logarithmic else _ticks(low_y, high_y)

    def x(v):
        return left + (width - left - 20) * (v - low_x) / (high_x - low_x)

    def y(v):
        return top + (height - top - 40) * (high_y - scale(v)) / (high_y - low_y)

    body = [_text(10, 18, title, size=13), _text(width - 20, height - 8, unit_x, "end"), _text(10, top + 4, unit_y)]
    body += [f'<path d="M{left} {y(v):.1f}H{width - 20}" stroke="#ddd"/>' + _text(left - 5, y(v) + 4, f"{v:g}", "end") for v in ticks]
    body += [_text(x(v), height - 24, f"{v:g}", "middle") for v in _ticks(low_x, high_x)]
    for colour, line in lines:
        points = "L".join(f"{x(px):.1f} {y(py):.1f}" for px, py in line)
        body.append(f'<path fill="none" stroke="{colour}" stroke-width="1" d="M{points}"/>')
    path.write_text(_document(width, height, body))
