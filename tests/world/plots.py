# SPDX-License-Identifier: EUPL-1.2
"""Line plots as SVG, with nothing but text."""
import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 70, 170, 36, 48
COLOURS = ["#1b6ca8", "#c0392b", "#2d8659", "#8e44ad", "#b9770e", "#555555"]


def shown(value):
    for limit, sign in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:g}{sign}"
    return f"{value:g}"


def ticks(low, high, logarithmic):
    if logarithmic:
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        return [10.0 ** d for d in decades]
    step = 10 ** math.floor(math.log10((high - low) or 1))
    if (high - low) / step < 3:
        step /= 5
    first = math.ceil(low / step)
    return [i * step for i in range(first, math.floor(high / step) + 1)]


class Axis:
    def __init__(self, values, begin, end, logarithmic, marks=None):
        values = [v for v in values if v > 0 or not logarithmic]
        self.log = logarithmic
        self.marks = marks or ticks(min(values), max(values), logarithmic)
        edges = self.marks + values
        self.low, self.high = self.place(min(edges)), self.place(max(edges))
        self.begin, self.end = begin, end

    def place(self, value):
        return math.log10(value) if self.log else value

    def at(self, value):
        share = (self.place(value) - self.low) / ((self.high - self.low) or 1)
        return self.begin + share * (self.end - self.begin)


def lines(path, title, x_label, y_label, series, x_log=False, y_log=False, x_marks=None):
    """`series`: name → [(x, y)]."""
    points = [p for line in series.values() for p in line]
    x = Axis([p[0] for p in points], LEFT, WIDTH - RIGHT, x_log, x_marks)
    y = Axis([p[1] for p in points], HEIGHT - BOTTOM, TOP, y_log)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{LEFT}" y="20" font-size="14">{title}</text>']
    for mark in x.marks:
        out.append(f'<path d="M{x.at(mark):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#e4e4e4"/>'
                   f'<text x="{x.at(mark):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{shown(mark)}</text>')
    for mark in y.marks:
        out.append(f'<path d="M{LEFT} {y.at(mark):.1f}H{WIDTH - RIGHT}" stroke="#e4e4e4"/>'
                   f'<text x="{LEFT - 6}" y="{y.at(mark) + 4:.1f}" text-anchor="end">{shown(mark)}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{x_label}</text>'
               f'<text transform="translate(14 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">{y_label}</text>')
    for i, (name, line) in enumerate(series.items()):
        colour = COLOURS[i % len(COLOURS)]
        line = [p for p in line if not y_log or p[1] > 0]
        corners = " ".join(f"{x.at(a):.1f},{y.at(b):.1f}" for a, b in line)
        out.append(f'<polyline points="{corners}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if len(line) < 20:
            out += [f'<circle cx="{x.at(a):.1f}" cy="{y.at(b):.1f}" r="3" fill="{colour}"/>' for a, b in line]
        out.append(f'<text x="{WIDTH - RIGHT + 12}" y="{TOP + 12 + 18 * i}" fill="{colour}">{name}</text>')
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n</svg>\n")
