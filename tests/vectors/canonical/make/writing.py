# SPDX-License-Identifier: EUPL-1.2
"""How people write: decorations that change no identifier, and the lines of a vector file."""
SEPARATOR = "\u001f"
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")
FULL_WIDTH = {c: c + 0xFEE0 for c in range(ord("!"), ord("~") + 1)}


def decorated(text, other_digits=True):
    """Other written forms of `text`: white space, marks that nobody sees, wrappers, other scripts."""
    middle = len(text) // 2
    yield f"  {text} "
    yield f"\t{text}\r"
    yield f"\u00a0{text}\u2009"
    yield f"\u200e{text}\u200f"
    yield f"\u202a{text}\u202c"
    yield f"\u2066{text}\u2069"
    yield f"\ufeff{text}"
    yield f"{text[:middle]}\u200b{text[middle:]}"
    yield f"{text[:middle]}\u200d{text[middle:]}"
    yield f"{text[:middle]}\u00ad{text[middle:]}"
    yield f"<{text}>"
    yield f'"{text}"'
    yield f"“{text}”"
    yield text.translate(FULL_WIDTH)
    if other_digits:
        yield text.translate(ARABIC)
        yield text.translate(PERSIAN)
        yield text.translate(DEVANAGARI)


def escaped(text):
    return "".join(f"\\u{{{ord(c):x}}}" if ord(c) < 32 or ord(c) == 127 or not (c == " " or c.isprintable()) else c for c in text)


class File:
    """Pairs of one type. A form is the canonical form; the first column of an equal pair is the form as people see it."""

    def __init__(self):
        self.lines = []
        self.forms = {}

    def same(self, form, written, region=""):
        """All of `written` have `form`."""
        for text in written:
            self._line("form", text, form, region)
            self._line("equal", form.replace(SEPARATOR, ":"), text, region)
            self.forms.setdefault(form, text if not region else form.replace(SEPARATOR, ":"))

    def all_different(self, more=()):
        """Neighbours of the sorted forms, and pairs (a, b, region) that are easily taken for one."""
        for a, b, region in more:
            self._line("different", a, b, region)
        values = [self.forms[form] for form in sorted(self.forms)]
        pairs = [(a, b) for step in range(1, len(values)) for a, b in zip(values, values[step:])]
        for a, b in pairs[: max(0, 60 - len(more))]:
            self._line("different", a, b, "")

    def refused(self, written, reason, region=""):
        self._line("refused", written, reason, region)

    def _line(self, relation, a, b, region):
        line = "\t".join((relation, escaped(a), escaped(b), region))
        if line not in self.lines:
            self.lines.append(line)

    def text(self):
        return "# relation\ta\tb, form or reason\tregion\n" + "\n".join(self.lines) + "\n"
