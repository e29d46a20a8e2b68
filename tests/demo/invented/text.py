# SPDX-License-Identifier: EUPL-1.2
"""What happens to text on its way into a report: other scripts' digits, odd spaces, invisible characters, defanging."""

SCRIPTS = {"arabic": 0x0660, "persian": 0x06F0, "devanagari": 0x0966, "bengali": 0x09E6, "fullwidth": 0xFF10}
SPACES = ["\u00a0", "\u2009", "\u202f", "\u2007", "\u3000"]
ZERO_WIDTH = ["\u200b", "\u2060", "\ufeff", "\u00ad"]
BIDI = [("\u200e", "\u200f"), ("\u202a", "\u202c"), ("\u2066", "\u2069"), ("\u200f", ""), ("\u061c", "")]
DASHES = ["-", "-", "-", "\u2010", "\u2011", "\u2013", "\uff0d"]


def other_digits(rng, text):
    zero = SCRIPTS[rng.choice(list(SCRIPTS))]
    return "".join(chr(zero + int(c)) if c in "0123456789" else c for c in text)


def full_width(text):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def grouped(rng, digits, separator, sizes=(2, 3, 4)):
    groups = []
    while digits:
        size = rng.choice(sizes)
        if len(digits) - size == 1:
            size += 1
        groups.append(digits[:size])
        digits = digits[size:]
    return separator.join(groups)


def sprinkled(rng, text):
    """Mostly as it is; else with spaces around, bidi marks, or a zero-width character between two ASCII ones."""
    luck = rng.random()
    if luck < 0.78:
        return text
    if luck < 0.86:
        space = rng.choice([" ", "  ", "\u00a0", "\u2009"])
        return space + text + space
    if luck < 0.92:
        before, after = rng.choice(BIDI)
        return before + text + after
    at = rng.randrange(1, len(text))
    if not (text[at - 1].isascii() and text[at].isascii()):
        return text
    return text[:at] + rng.choice(ZERO_WIDTH) + text[at:]


def random_case(rng, text):
    return rng.choice([text, text, text.capitalize(), text.upper()])


def defanged_host(rng, host):
    return host.replace(".", rng.choice(["[.]", "[.]", "(.)", "[dot]", "(dot)"]))


def defanged_link(rng, link):
    """A link with a scheme, made harmless."""
    scheme, rest = link.split("://", 1)
    host, slash, path = rest.partition("/")
    scheme = rng.choice([scheme.replace("http", "hxxp"), scheme.replace("http", "hXXp"), scheme])
    separator = rng.choice(["://", "://", "[://]", "[:]//"])
    return scheme + separator + defanged_host(rng, host) + slash + path
