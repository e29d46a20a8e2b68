# SPDX-License-Identifier: EUPL-1.2
"""IBANs: python3-stdnum computes check digits and confirms each one. Invented accounts of invented banks."""
from stdnum import iban

from writing import File, decorated

BASIC = ["FR:30006000011234567890189", "GB:WEST12345698765432", "SE:50000000058398257466", "DE:370400440532013000", "NL:ABNA0417164300", "BE:539007547034",
         "CH:00762011623852957", "PL:109010140000071219812874", "RO:AAAA1B31007593840000", "NO:86011117947", "MT:MALT011000012345MTLCAST001S", "IT:X0542811101000000123456",
         "ES:21000418450200051332", "PT:000201231234567890154", "SA:80000000608010167519", "BR:00360305000010009795493C1", "LC:HEMM000100010012001200023015"]


def vectors():
    out = File()
    accounts = []
    for line in BASIC:
        country, account = line.split(":")
        accounts.append(iban.validate(country + iban.calc_check_digits(country + "00" + account) + account, check_country=False))
    for number in accounts:
        out.same(number, [iban.format(number), number.lower(), "IBAN " + iban.format(number)])
    number = accounts[0]
    groups = iban.format(number).split(" ")
    out.same(number, [sign.join(groups) for sign in " -.:_/\u00a0\u2009\u202f\u2011\u2013"])
    out.same(number, ["IBAN" + number, "iban: " + number, "IBAN:" + number, "IBAN-" + number])
    out.same(number, decorated(number))
    other = "FR" + iban.calc_check_digits("FR00" + accounts[0][4:-1] + "8") + accounts[0][4:-1] + "8"
    out.same(other, [other])
    out.all_different()
    wrong = number[:2] + f"{(int(number[2:4]) + 1) % 97 + 2:02}" + number[4:]
    if iban.is_valid(wrong, check_country=False):
        raise SystemExit("iban: wrong check digits are right")
    for written, reason in ((wrong, "bad_check_digits"), (number[:-1], "bad_length"), (number + "1", "bad_length"), ("ZZ" + number[2:], "unknown_country"),
                            ("US12345678901234567890", "unknown_country"), ("FR", "too_short"), ("IBAN", "empty"), ("", "empty"), ("FRX4" + number[4:], "bad_form"),
                            (number[:-1] + "é", "bad_form"), (number[:-1] + "!", "bad_form"), ("1" * 129, "too_long")):
        out.refused(written, reason)
    return out
