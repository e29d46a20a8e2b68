# SPDX-License-Identifier: EUPL-1.2
"""Words of which names, hosts and paths are made."""

_FIRST = ("amber", "aurora", "breeze", "cedar", "delta", "ember", "fjord", "grove", "harbor", "indigo", "jasper", "karma", "lotus",
          "maple", "nova", "opal", "pearl", "quartz", "river", "silver", "tulip", "umber", "violet", "willow", "zephyr")
_SECOND = ("agency", "harvest", "hotel", "jobs", "models", "nanny", "talent", "travel", "visa", "work")
_RESERVED = ("example", "example.com", "example.net", "example.org", "test")
# As they stand in lower case and NFC; none of their letters is another's capital in some language.
_FOREIGN = ("bücher", "räksmörgås", "мария-работа", "招聘", "وظائف", "trabalho-já", "förmedling", "straße", "çalışma", "नौकरी", "δουλειά")


def word(rng):
    return rng.choice(_FIRST)


def name_digits(rng, count):
    return "".join(rng.choice("123456789") for _ in range(count))


def first_label(rng):
    return f"{rng.choice(_FIRST)}-{rng.choice(_SECOND)}{rng.randrange(10, 10000)}"


def host(rng):
    return f"{first_label(rng)}.{rng.choice(_RESERVED)}"


def foreign_host(rng):
    """A host with a label beyond ASCII."""
    return f"{rng.choice(_FOREIGN)}.{rng.choice(_FIRST)}{rng.randrange(10, 10000)}.{rng.choice(_RESERVED)}"


def a_label(name):
    """By RFC 3492, for labels that stand in their final form already."""
    return ".".join(label if label.isascii() else "xn--" + label.encode("punycode").decode() for label in name.split("."))
