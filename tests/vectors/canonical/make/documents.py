# SPDX-License-Identifier: EUPL-1.2
"""Bank accounts without IBAN, vehicle plates and travel documents: parts that are given, written in many ways. Invented."""
from writing import SEPARATOR, File, decorated


def joined(*parts):
    return SEPARATOR.join(parts)


def bank_account():
    out = File()
    accounts = [("GB", "200000", "12345678"), ("GB", "200415", "55779911"), ("US", "021000021", "123456789"), ("SE", "6000", "123456789"), ("NG", "058", "0123456789"),
                ("AU", "082001", "123456789"), ("CA", "00012003", "1234567"), ("IN", "OPAL0001234", "123456789012"), ("GB", "200000", "12345679"), ("GB", "200001", "12345678"), ("IE", "200000", "12345678")]
    for country, clearing, number in accounts:
        form = joined(country, clearing, number)
        out.same(form, [f"{country}:{clearing}:{number}", f"{country.lower()} {clearing} {number}", f"{country}/{clearing}/{number}", f"{country}: {clearing} / {number[:3]} {number[3:]}"])
        out.same(form, [f"{clearing} {number}", f"{clearing}/{number}", f"{clearing}:{number[:4]}-{number[4:]}"], country)
    out.same(joined("GB", "200000", "12345678"), ["20-00-00 12345678", "20–00–00 12345678", "20-00-00/1234 5678", "GBR:20-00-00:12345678"], "GB")
    out.same(joined("GB", "200000", "12345678"), decorated("GB:200000:12345678"))
    out.all_different([("200000 12345678", "200000 12345679", "GB"), ("200000 12345678", "SE:200000:12345678", "GB")])
    for written, reason, region in (("200000 12345678", "no_region", ""), ("200000 12345678", "no_region", "ZZ"), ("20000012345678", "bad_form", "GB"), ("200000:ABCDEFGH", "bad_form", "GB"),
                                    ("200000:123", "too_short", "GB"), ("200000:" + "1" * 31, "too_long", "GB"), ("1" * 16 + ":12345678", "too_long", "GB"), ("", "empty", "GB"), ("200000:", "empty", "GB")):
        out.refused(written, reason, region)
    return out


def vehicle_plate():
    out = File()
    for country, parts in (("FR", "SE 123 AB"), ("FR", "SE 123 AC"), ("SE", "FRA 123"), ("SE", "ABC 12D"), ("GB", "OP21 ALX"), ("DE", "B OP 1234"), ("PL", "WA 12345"), ("NL", "12 ABC 3"), ("IT", "AB 123 CD"), ("ES", "1234 BCD"), ("PT", "AB 12 CD"), ("RO", "B 123 OPL")):
        packed = parts.replace(" ", "")
        out.same(joined(country, packed), [f"{country}:{parts}", f"{country}/{packed}", f"{country.lower()}: {parts.lower()}", f"{country}:{parts.replace(' ', '-')}", f"{country}:{parts.replace(' ', '.')}"])
        out.same(joined(country, packed), [packed, packed.lower()], country)
    out.same(joined("FR", "SE123AB"), ["SE-123-AB", "SE 123 AB", "SE–123–AB", "SE\u00a0123\u2009AB", "FR SE 123 AB", "FRA:SE123AB"], "FR")
    out.same(joined("FR", "SE123AB"), ["FR SE 123 AB", "FRA/SE-123-AB"], "GB")
    out.same(joined("FR", "SE123AB"), decorated("FR:SE123AB"))
    out.all_different([("SE-123-AB", "SE:123-AB", "FR"), ("OP21 ALX", "0P21 ALX", "GB"), ("FRA 123", "FR:A123", "SE")])
    for written, reason, region in (("SE123AB", "no_region", ""), ("ABC123", "no_region", "ZZ"), ("A", "too_short", "FR"), ("ABCDEFG123456", "too_long", "FR"),
                                    ("ÅÄÖ 123", "bad_form", "SE"), ("AB*123", "bad_form", "FR"), ("", "empty", "FR"), ("FR:--", "empty", "FR"), ("1" * 65, "too_long", "FR")):
        out.refused(written, reason, region)
    return out


def travel_document():
    out = File()
    for issuer, kind, words, number in (("PL", "P", "passport", "AM1234567"), ("FR", "I", "id", "00JR14248"), ("DE", "P", "passport", "C01X00T47"), ("SE", "R", "residence", "AB1234567"), ("GB", "V", "visa", "012345678"),
                                        ("FR", "P", "passport", "12AB34567"), ("ID", "P", "passport", "A1234567"), ("ID", "I", "id", "A1234567"), ("PL", "I", "identity", "AM1234567"), ("FR", "R", "residence", "00JR14248"), ("RO", "P", "passport", "051234567"), ("UA", "P", "passport", "FE123456")):
        form = joined(issuer, kind, number)
        out.same(form, [f"{issuer}:{kind}:{number}", f"{issuer.lower()}:{words}:{number.lower()}", f"{issuer}/{words.upper()}/{number}", f"{issuer}: {words} {number[:2]} {number[2:]}", f"{issuer}:{kind}:{number}<<<"])
        out.same(form, [f"{words} {number}", f"{words}: {number[:4]}-{number[4:]}"], issuer)
    out.same(joined("PL", "P", "AM1234567"), ["AM 1234567", "AM1234567", "AM-1234567", "am 1234567", "POL:AM1234567"], "PL")
    out.same(joined("PL", "P", "AM1234567"), decorated("PL:P:AM1234567"))
    out.all_different([("AM1234567", "AM1234568", "PL"), ("AM1234567", "DE:AM1234567", "PL"), ("P 00JR14248", "ID 00JR14248", "FR")])
    for written, reason, region in (("AB1234567", "no_region", ""), ("P:AB1234567", "no_region", "ZZ"), ("1234", "too_short", "FR"), ("1" * 21, "too_long", "FR"), ("12AB3456É", "bad_form", "FR"), ("", "empty", "FR"),
                                    ("FR:P:", "empty", "GB"), ("12AB34567*", "bad_form", "FR"), ("1" * 129, "too_long", "FR")):
        out.refused(written, reason, region)
    return out
