# SPDX-License-Identifier: EUPL-1.2
"""Numbers of ranges that regulators keep for fiction; where there are none, of ranges nobody is known to be assigned."""
import dataclasses

from .identifier import Invented
from .text import DASHES, SPACES, full_width, grouped, other_digits


@dataclasses.dataclass(frozen=True)
class Plan:
    code: str
    trunk: str
    abroad: tuple  # what is dialled before a country code
    ranges: tuple  # first digits of national numbers, and how many follow


_british_towns = tuple((area + "4960", 3) for area in
                       ("113", "114", "115", "116", "117", "118", "121", "131", "141", "151", "161"))
_american_areas = ("202", "206", "212", "213", "214", "215", "303", "305", "310", "312", "313", "404", "415", "503", "512",
                   "602", "612", "617", "619", "702", "713", "718", "801", "808", "813", "817", "818", "901", "907", "917")
PLANS = {
    "FR": Plan("33", "0", ("00",), (("63998", 4), ("19900", 4), ("26191", 4), ("35301", 4), ("46571", 4), ("53649", 4))),
    "GB": Plan("44", "0", ("00",), (("7700900", 3), ("1632960", 3), ("2079460", 3), ("1914980", 3), ("2896496", 3),
                                    ("2920180", 3), ("8081570", 3), ("3069990", 3)) + _british_towns),
    "SE": Plan("46", "0", ("00",), (("7017406", 2), ("3139006", 2), ("4062804", 2), ("8465004", 2), ("9803192", 2))),
    "DE": Plan("49", "0", ("00",), (("3023125", 3), ("6990009", 3), ("4066969", 3), ("2214710", 3), ("8999998", 3))),
    "US": Plan("1", "1", ("011",), tuple((area + "55501", 2) for area in _american_areas)),
    "RO": Plan("40", "0", ("00",), (("799", 6),)),
    "NG": Plan("234", "0", ("009", "00"), (("820", 7),)),
    "BR": Plan("55", "0", ("0015", "0021", "0014"), (("209", 8),)),
    # Countries whose national forms are more than a zero in front.
    "IT": Plan("39", "", ("00",), (("09999", 5),)),  # the zero belongs to the number
    "AR": Plan("54", "15", ("00",), (("9110000", 4), ("9110001", 4))),  # 9 before the area abroad, 15 behind it at home
    "MX": Plan("52", "1", ("00",), (("5500", 6),)),  # a 1 that was once dialled before mobile numbers
}


class Phones:
    """Makes numbers and knows the ways they are written."""

    def __init__(self, rng):
        self.rng = rng

    def any_number(self, country):
        """(country code, national number): mostly of the country itself."""
        home = country in PLANS and self.rng.random() < 0.65
        name = country if home else self.rng.choice(list(PLANS))
        if name == "SE" and self.rng.random() < 0.7:
            name = "FR"  # Sweden keeps only a few numbers for fiction
        first, rest = self.rng.choice(PLANS[name].ranges)
        return name, first + "".join(self.rng.choice("0123456789") for _ in range(rest))

    def invent(self, country):
        return phone(*self.any_number(country))

    def near(self, invented, region):
        """The same number but for its last digit."""
        plan = PLANS[region]
        digits = invented.key[1 + len(plan.code):]
        return phone(region, digits[:-1] + str((int(digits[-1]) + 1) % 10))

    def same_digits_elsewhere(self, region, digits, other):
        """What the national form means in another country; None where it is no number."""
        if other in ("FR", "RO") and region in ("FR", "RO") and other != region:
            return phone(other, digits)
        return None


def phone(region, national):
    return Invented("phone", f"+{PLANS[region].code}{national}",
                    lambda rng, country: written(rng, region, national, country))


def written(rng, region, national, country):
    plan = PLANS[region]
    forms = [_plain, _spaced, _dashed, _bracketed, _other_script, _other_script, _full_width, _bidi, _link, _chat_link]
    if plan.trunk == "0":
        forms += [_trunk_zero, _trunk_zero]
    if country in PLANS:
        forms += [_dialled_from_abroad]
    if country == region:
        forms += [_national] * 5
    return rng.choice(forms)(rng, plan, national, country)


def _plain(rng, plan, national, country):
    return f"+{plan.code}{national}"


def _spaced(rng, plan, national, country):
    space = rng.choice([" ", " ", *SPACES])
    return f"+{plan.code}{space}{grouped(rng, national, space)}"


def _dashed(rng, plan, national, country):
    separator = rng.choice([*DASHES, ".", "/"])
    return f"+{plan.code}{separator}{grouped(rng, national, separator)}"


def _bracketed(rng, plan, national, country):
    return f"(+{plan.code}) {grouped(rng, national, rng.choice('. -'))}"


def _trunk_zero(rng, plan, national, country):
    start = rng.choice([f"+{plan.code} (0)", f"+{plan.code}(0)", f"+{plan.code} (0) ", f"(+{plan.code}) (0)", f"00{plan.code} (0)"])
    if start.startswith("00") and (country not in PLANS or "00" not in PLANS[country].abroad):
        start = f"+{plan.code} (0)"
    return start + rng.choice([national, grouped(rng, national, " ")])


def _other_script(rng, plan, national, country):
    return other_digits(rng, rng.choice([_plain, _spaced])(rng, plan, national, country))


def _full_width(rng, plan, national, country):
    return full_width(f"+{plan.code} {grouped(rng, national, ' ')}")


def _bidi(rng, plan, national, country):
    return "\u200e+" + plan.code + grouped(rng, national, "\u2009") + "\u200f"


def _link(rng, plan, national, country):
    return rng.choice(["tel:", "TEL:", "sms:", "callto:", "tel://"]) + f"+{plan.code}" + rng.choice(
        [national, grouped(rng, national, "-")])


def _chat_link(rng, plan, national, country):
    digits = plan.code + national
    return rng.choice([f"https://wa.me/{digits}", f"wa.me/{digits}?text=Hello", f"https://api.whatsapp.com/send?phone={digits}",
                       f"https://api.whatsapp.com/send/?phone=%2B{digits}&text&app_absent=0", f"http://wa.me/+{digits}",
                       f"whatsapp://send?phone={digits}", f"hxxps://wa[.]me/{digits}"])


def _dialled_from_abroad(rng, plan, national, country):
    prefix = rng.choice(PLANS[country].abroad)
    return f"{prefix}{rng.choice(['', ' ', '-'])}{plan.code} {grouped(rng, national, rng.choice(' -'))}"


def _national(rng, plan, national, country):
    if country == "IT":
        return rng.choice([national, grouped(rng, national, " "), f"{national[:4]}/{national[4:]}"])
    if country == "AR":
        area, rest = national[1:3], f"{national[3:7]}-{national[7:]}"
        return rng.choice([f"0{area} 15-{rest}", f"(0{area}) 15 {rest}", f"0{area}15{national[3:]}", f"{area} 15 {rest}"])
    if country == "MX":
        return rng.choice([f"{prefix}{grouped(rng, national, ' ')}" for prefix in ("", "01 ", "044 ", "045 ", "+52 1 ", "1 ")])
    if country == "US":
        area, rest = national[:3], f"{national[3:6]}-{national[6:]}"
        return rng.choice([f"({area}) {rest}", f"1-{area}-{rest}", f"{area}.{rest}", area + national[3:]])
    number = plan.trunk + national
    return rng.choice([number, grouped(rng, number, " "), grouped(rng, number, rng.choice(".-/")), other_digits(rng, number),
                       grouped(rng, number, rng.choice(SPACES)), f"({number[:3]}) {grouped(rng, number[3:], ' ')}"])
