# SPDX-License-Identifier: EUPL-1.2
"""IBANs of all countries, right and damaged, in many written forms, against python3-stdnum.

Agreement: what the library takes for an IBAN has the library's compact form as its canonical form, and what it does not is refused.
The library also checks where a country has letters and where digits; version 1 of the forms does not (exchange: identifiers), so
damage here leaves letters where they are.
"""
import random
import re
import string
import unittest

from stdnum import exceptions, iban, numdb

from batch import forms

SEED = 6
ACCOUNTS_PER_COUNTRY = 8
LETTERS = {"n": string.digits, "a": string.ascii_uppercase, "c": string.digits + string.ascii_uppercase}
SEPARATORS = ["", " ", "-", ".", "\u00a0", "\u2009", "\u2011"]


def structures():
    """Country → its account number as pieces of (count, kind), from the library's copy of the registry."""
    registry = numdb.get("iban")
    out = {}
    for country in (a + b for a in string.ascii_uppercase for b in string.ascii_uppercase):
        found = registry.info(country + "00")
        if found and found[0][1].get("bban"):
            out[country] = [(int(count), kind) for count, kind in re.findall(r"(\d+)!([nac])", found[0][1]["bban"])]
    return out


def oracle(compact):
    """The library's form, or None. Check digits inside the national account number are not asked for."""
    try:
        return iban.validate(compact, check_country=False)
    except exceptions.ValidationError:
        return None


def questions():
    rng = random.Random(SEED)
    out = []
    for country, structure in structures().items():
        for _ in range(ACCOUNTS_PER_COUNTRY):
            account = "".join(rng.choice(LETTERS[kind]) for count, kind in structure for _ in range(count))
            right = country + iban.calc_check_digits(country + "00" + account) + account
            at = rng.choice([i for i in range(2, len(right)) if right[i].isdigit()])
            changed = right[:at] + rng.choice([c for c in string.digits if c != right[at]]) + right[at + 1:]
            for number in (right, changed, right[:-1], right + "0", right[:2] + right[3:4] + right[2:3] + right[4:]):
                groups = re.findall(".{1,4}", number)
                written = rng.choice(SEPARATORS).join(groups)
                out.append((number, rng.choice(["", "IBAN ", "iban:"]) + rng.choice([written, written.lower()])))
    return out


class Ibans(unittest.TestCase):
    def test_forms_agree(self):
        asked = questions()
        self.assertGreater(len(asked), 3_000)
        taken = 0
        for (number, written), (form, reason) in zip(asked, forms([("iban", written, "") for _, written in asked])):
            expected = oracle(number)
            taken += expected is not None
            self.assertEqual(expected, form, f"{written}: {reason}")
        self.assertGreater(taken, 600)


if __name__ == "__main__":
    unittest.main()
