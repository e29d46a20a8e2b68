# SPDX-License-Identifier: EUPL-1.2
"""Phone numbers of all regions in many written forms, against python3-phonenumbers.

Agreement: what the library takes for a possible number has the library's E.164 as its canonical form, and what it does not is
refused. "Possible" is enough, "valid" is not required. phone_differences.tsv lists where we differ, and why.
"""
import pathlib
import random
import re
import unittest

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, ValidationResult
from phonenumbers.phonemetadata import PhoneMetadata

from batch import forms

SEED = 5
NUMBERS_PER_REGION = 6
DIFFERENCES = pathlib.Path(__file__).with_name("phone_differences.tsv")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")
FULL_WIDTH = str.maketrans("0123456789+", "０１２３４５６７８９＋")


def oracle(written, region):
    """The library's E.164, or None."""
    try:
        number = phonenumbers.parse(written, region or None)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def numbers(region, rng):
    """Valid examples of each kind, and the same with their last digits replaced, one cut, one added."""
    out = []
    for kind in sorted(phonenumbers.supported_types_for_region(region)):
        example = phonenumbers.example_number_for_type(region, kind)
        if example:
            out.append(example)
    rng.shuffle(out)
    changed = []
    for example in out[:NUMBERS_PER_REGION]:
        digits = phonenumbers.national_significant_number(example)
        keep = rng.randrange(1, len(digits))
        tail = "".join(rng.choice("0123456789") for _ in digits[keep:])
        changed.append(rng.choice([digits, digits[:keep] + tail, digits[:-1], digits + rng.choice("0123456789")]))
    return changed


def as_number(region, national):
    zeros = len(national) - len(national.lstrip("0"))
    number = PhoneNumber(country_code=phonenumbers.country_code_for_region(region), national_number=int(national))
    if zeros:
        number.italian_leading_zero, number.number_of_leading_zeros = True, zeros
    return number


def written_forms(region, national, rng):
    """(written, region) as people write it; the library formats, we only decorate."""
    number = as_number(region, national)
    code = str(number.country_code)
    e164 = f"+{code}{national}"
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    home = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    elsewhere = rng.choice(sorted(phonenumbers.SUPPORTED_REGIONS))
    yield e164, rng.choice(["", region, elsewhere])
    yield international, ""
    yield international.replace(" ", "\u00a0"), elsewhere
    yield international.replace("-", "\u2011").replace(" ", "\u2009"), ""
    yield international.translate(rng.choice([ARABIC, DEVANAGARI])), ""
    yield international.translate(FULL_WIDTH), ""
    yield f"tel:{e164}", ""
    yield home, region
    yield home.replace(" ", "."), region
    yield home.replace(" ", "/"), region
    yield home.translate(ARABIC), region
    yield national, region
    yield f"+{code} (0) {national}" if region not in ("IT", "VA", "SM") else e164, ""
    yield phonenumbers.format_out_of_country_calling_number(number, elsewhere), elsewhere
    yield f"00{code}{national}", elsewhere
    yield f"{code}{national}", region


def questions():
    rng = random.Random(SEED)
    out = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for national in numbers(region, rng):
            out.extend(written_forms(region, national, rng))
    return out


def plain(written):
    """The same as the library can read it: it knows neither thin spaces nor "(0)" for a zero that is not dialled."""
    return written.replace("(0)", "").replace("\u2009", " ")


def meant(written, region):
    """The library's E.164 of what people mean: many write 00 where another prefix is dialled, and no number there begins so."""
    form = oracle(plain(written), region)
    abroad = PhoneMetadata.metadata_for_region(region, None).international_prefix if region else ""
    if not written.startswith("00") or not abroad or re.match(f"(?:{abroad})[1-9]", phonenumbers.normalize_digits_only(written)):
        return form
    if form and phonenumbers.is_valid_number(phonenumbers.parse(written, region)):
        return form
    return oracle("+" + written[2:], "") or form


def listed_differences():
    lines = (line.rstrip("\n").split("\t") for line in DIFFERENCES.open(encoding="utf-8") if not line.startswith("#"))
    return {(written, region): (ours, theirs) for written, region, ours, theirs, _ in lines}


class Phones(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.questions = questions()
        cls.ours = forms([("phone", written, region) for written, region in cls.questions])
        cls.theirs = [meant(written, region) for written, region in cls.questions]

    def test_thousands_of_numbers_are_compared(self):
        self.assertGreater(len(self.questions), 10_000)
        self.assertGreater(sum(1 for form in self.theirs if form), 8_000)

    def test_forms_agree_but_for_the_listed_differences(self):
        found = {}
        for question, (form, reason), expected in zip(self.questions, self.ours, self.theirs):
            if form != expected:
                found[question] = (form or reason, expected or "none")
        listed = listed_differences()
        self.assertEqual(listed, found)


if __name__ == "__main__":
    unittest.main()
