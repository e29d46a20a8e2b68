#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Writes invented reports of any number of countries, made the way docs/samples is made, with the truth about them.

DIR/<country>/{reports,identifiers}.csv and DIR/truth.json. The same arguments write the same bytes. The truth comes from what
was invented, never from the project's own canonical forms.
"""
import argparse
import collections
import csv
import datetime
import json
import pathlib
import random

from invented import accounts, documents, links, money, phones
from invented.text import sprinkled

KINDS = {"phone": 26, "account": 24, "email": 13, "url": 12, "domain": 9, "iban": 8, "wallet": 8, "bank_account": 4,
         "vehicle_plate": 5, "travel_document": 4, "file": 3, "ip_address": 4}
PERSONAL = {"phone": 10, "account": 8, "email": 8, "iban": 1, "travel_document": 2, "vehicle_plate": 1}
SUSPECTS = ("recruiter", "exploiter", "transporter", "facilitator", "business", "unknown")
SHIELDED = ("victim", "witness", "reporter")
BENIGN = (("domain", "facebook.com"), ("domain", "gmail.com"), ("domain", "wa.me"), ("url", "https://www.instagram.com/"))
# Nothing that could be looked for has a form; the same ones stand in several countries and must not match.
INVALID = (("phone", "12", "too short"), ("phone", "+33 6 39 98 12 34 ext. 5", "extension"), ("email", "nobody", "no domain"),
           ("email", '"maria jobs"@amber.example', "quoted local part"), ("url", "http://", "no host"),
           ("url", "ftp://amber.example/list", "other scheme"), ("url", "https://maria:secret@amber.example/", "user name"),
           ("domain", "192.0.2.44", "address"), ("iban", "XX00", "country"), ("iban", "GB82 WEST 1234 5698 7654 33", "check digits"),
           ("account", "https://unknown-platform.example/maria", "platform"), ("file", "d41d8cd98f00b204e9800998ecf8427e", "length"),
           ("ip_address", "192.168.17.4", "private range"), ("ip_address", "fe80::1", "private range"))
SIZES = ((1, 68), (2, 104), (3, 92), (4, 34), (5, 2))

LANGUAGES = {"FR": ("fr", "ar"), "SE": ("sv", "en"), "RO": ("ro", "en"), "BR": ("pt",)}
NARRATIVES = {
    "en": "The person answered an online job offer; the passport was taken on arrival. Contact through {}.",
    "fr": "La personne a répondu à une offre d'emploi en ligne ; son passeport a été retenu à l'arrivée. Contact par {}.",
    "sv": "Personen svarade på en jobbannons på nätet; passet togs vid ankomsten. Kontakt via {}.",
    "ar": "استجاب الشخص لعرض عمل عبر الإنترنت وصودر جواز سفره عند الوصول. التواصل عبر {}.",
    "ro": "Persoana a răspuns la o ofertă de muncă online; pașaportul a fost reținut la sosire. Contact prin {}.",
    "pt": "A pessoa respondeu a uma oferta de emprego \"on-line\";\no passaporte foi retido na chegada. Contato por {}.",
}
REPORT_COLUMNS = ("report_id", "received_at", "language", "urgency", "acts", "means", "exploitation_types", "forced_labour_industry",
                  "methods_of_recruitment", "recruitment_platforms", "methods_of_control", "victim_count", "victim_age_bands",
                  "country_of_origin", "country_of_exploitation", "source_evaluation", "information_evaluation", "handling", "narrative")
IDENTIFIER_COLUMNS = ("report_id", "type", "value", "subject_role", "first_seen", "last_seen")

Mention = collections.namedtuple("Mention", "report kind key value role")


def weighted(rng, weights):
    return rng.choices(list(weights), list(weights.values()))[0]


class World:
    """Who names what: all mentions of all countries."""

    def __init__(self, rng, countries, reports, shared_share):
        self.rng = rng
        self.countries = countries
        self.shared_share = shared_share
        self.known = {}
        self.mentions = {country: [] for country in countries}
        self.invalid = []
        self.slots = {}
        for country in countries:
            sizes = rng.choices([size for size, _ in SIZES], [weight for _, weight in SIZES], k=reports)
            self.slots[country] = [report for report, size in enumerate(sizes, 1) for _ in range(size)]
            rng.shuffle(self.slots[country])
        self.makers = {"phone": phones.Phones(rng), "account": accounts.Accounts(rng), "email": links.Emails(rng), "url": links.Urls(rng),
                       "domain": links.Domains(rng), "iban": money.Ibans(rng), "wallet": money.Wallets(rng),
                       "bank_account": money.BankAccounts(rng), "vehicle_plate": documents.Plates(rng),
                       "travel_document": documents.TravelDocuments(rng), "file": documents.Files(rng), "ip_address": documents.IpAddresses(rng)}

    def new(self, country, weights):
        while True:
            kind = weighted(self.rng, weights)
            invented = self.makers[kind].invent(country)
            if self.remember(invented):
                return invented

    def remember(self, invented):
        """False when it is known already."""
        if invented is None or (invented.kind, invented.key) in self.known:
            return False
        self.known[(invented.kind, invented.key)] = invented
        return True

    def name(self, country, invented, role):
        """One more report of the country names it, if one has room left."""
        if not self.slots[country]:
            return False
        value = sprinkled(self.rng, invented.write(self.rng, country))
        self.mentions[country].append(Mention(self.slots[country].pop(), invented.kind, invented.key, value, role))
        return True

    def name_suspect(self, country, invented, times):
        for _ in range(times):
            self.name(country, invented, self.rng.choice(SUSPECTS))

    # --- what the reports hold ---

    def share(self):
        """Identifiers that several countries name; some of them also as a victim's, somewhere."""
        rng = self.rng
        left = int(sum(map(len, self.slots.values())) * self.shared_share)
        while left > 0:
            at_most = len(self.countries)
            count = min(at_most, rng.choice((2, 2, 2, 2, 2, 2, 3, 3, 3, at_most)))
            holders = rng.sample(self.countries, count)
            invented = self.new(rng.choice(holders), KINDS)
            for country in holders:
                times = rng.choice((1, 1, 1, 2, 2, 3, 4))
                left -= times
                if rng.random() < 0.02:
                    self.name(country, invented, rng.choice(SHIELDED))
                    continue
                self.name_suspect(country, invented, times)
                if rng.random() < 0.03:
                    self.name(country, invented, rng.choice(SHIELDED))
            if rng.random() < 0.15:
                self.near_miss(invented, holders)

    def near_miss(self, invented, holders):
        """Something that only looks the same, held by another country."""
        others = [country for country in self.countries if country not in holders] or self.countries
        country = self.rng.choice(others)
        twin = self.twin(invented, country)
        if self.remember(twin):
            self.name_suspect(country, twin, self.rng.choice((1, 2)))

    def twin(self, invented, country):
        kind, key, maker = invented.kind, invented.key, self.makers[invented.kind]
        if kind == "phone":
            region = next(name for name, plan in phones.PLANS.items()
                          if any(key.startswith(f"+{plan.code}{first}") for first, _ in plan.ranges))
            national = key[1 + len(phones.PLANS[region].code):]
            elsewhere = maker.same_digits_elsewhere(region, national, country)
            return elsewhere if elsewhere and self.rng.random() < 0.5 else maker.near(invented, region)
        if kind == "account":
            name = key.split(":")[1]
            return maker.near(invented, name) if name.isascii() and name.isalnum() and not name.isdigit() else None
        if kind == "vehicle_plate":
            where, text = key.split(":")
            return maker.near(text, country) if country != where else None
        return maker.near(invented) if hasattr(maker, "near") else None

    def shield(self, country, count):
        """Victims, witnesses and those who reported; a few of them stand as a suspect's elsewhere, or in two countries."""
        rng = self.rng
        for _ in range(count):
            invented = self.new(country, PERSONAL)
            for _ in range(rng.choice((1, 1, 1, 2))):
                self.name(country, invented, rng.choice(SHIELDED))
            luck = rng.random()
            if luck < 0.12:
                self.name_suspect(country, invented, 1)
            elif luck < 0.2:
                other = rng.choice(self.countries)
                if rng.random() < 0.5:
                    self.name_suspect(other, invented, 1)
                else:
                    self.name(other, invented, rng.choice(SHIELDED))

    def add_helplines(self, country, count):
        lines = [self.new(country, {"phone": 1}) for _ in range(3)]
        for _ in range(count):
            self.name(country, self.rng.choice(lines), "helpline")

    def add_benign_and_invalid(self, country, count):
        wallets = self.makers["wallet"]
        for _ in range(count):
            if not self.slots[country]:
                return
            report = self.slots[country].pop()
            luck = self.rng.random()
            if luck < 0.5:
                kind, value = self.rng.choice(BENIGN)
                self.mentions[country].append(Mention(report, kind, None, value, "unknown"))
                continue
            kind, value, reason = self.rng.choice(INVALID)
            if luck > 0.93:
                kind, value, reason = "wallet", self.rng.choice((wallets.broken, wallets.broken_case))(), "checksum"
            self.mentions[country].append(Mention(report, kind, None, value, "unknown"))
            self.invalid.append({"country": country, "report_id": report_id(country, report), "type": kind, "value": value, "reason": reason})

    def fill(self, country):
        while self.slots[country]:
            self.name_suspect(country, self.new(country, KINDS), self.rng.choice((1, 1, 1, 1, 2, 3)))

    def make(self):
        self.share()
        for country in self.countries:
            room = len(self.slots[country])
            self.shield(country, room // 5)
            self.add_helplines(country, room // 40)
            self.add_benign_and_invalid(country, room // 20)
        for country in self.countries:
            self.fill(country)
            self.mentions[country].sort(key=lambda mention: mention.report)

    # --- the truth ---

    def truth(self, seed):
        holders = collections.defaultdict(lambda: collections.defaultdict(list))
        for country, mentions in self.mentions.items():
            for mention in mentions:
                if mention.key is not None:
                    holders[(mention.kind, mention.key)][country].append(mention)
        matches, withheld = [], [{"type": kind, "canonical": value, "why": "benign"} for kind, value in BENIGN]
        for (kind, key), by_country in sorted(holders.items()):
            open_in, why = {}, None
            for country in sorted(by_country):
                shielded = [mention.role for mention in by_country[country] if mention.role not in SUSPECTS]
                why = why or (shielded[0] if shielded else None)
                if not shielded:
                    open_in[country] = sorted({report_id(country, mention.report) for mention in by_country[country]})
            if len(open_in) > 1:
                matches.append({"type": kind, "canonical": key, "countries": list(open_in), "reports": open_in})
            elif not open_in:
                withheld.append({"type": kind, "canonical": key, "why": why})
        return {"seed": seed, "countries": self.countries, "matches": matches, "withheld": withheld, "invalid": self.invalid}


def report_id(country, number):
    return f"{country}-2026-{number:05d}"


def some(rng, choices, most):
    return ";".join(rng.sample(choices, rng.randrange(1, most + 1)))


def report_row(rng, country, number, received):
    language = rng.choice(LANGUAGES.get(country, ("en",)))
    platform = rng.choice(("Facebook", "Instagram", "Telegram", "Tiktok", "Vk", "Snapchat", "X"))
    exploitation = some(rng, ("ForcedLabour", "SexualExploitation", "ChildLabour", "ForcedMarriage", "Servitude", "ForcedBegging",
                              "ForcedCriminality", "OrganRemoval"), 2)
    return (report_id(country, number), received.strftime("%Y-%m-%dT%H:%M:00Z"), language,
            rng.choice(("routine",) * 5 + ("urgent", "life_at_risk")),
            some(rng, ("Recruitment", "Transportation", "Transfer", "Harbouring", "Receipt"), 2),
            some(rng, ("ThreatOrForce", "Coercion", "Abduction", "Fraud", "Deception", "AbuseOfPower", "AbuseOfVulnerability",
                       "PaymentsOrBenefits"), 3), exploitation,
            rng.choice("ACFHINT") if "ForcedLabour" in exploitation else "",
            some(rng, ("AtAPlaceOfBusiness", "ThroughOnlineSocialNetworks", "ThroughAnOnlineAdvertisement",
                       "ThroughFriendsOrSocialEvents", "Other"), 2), platform,
            some(rng, ("PhysicalThreats", "DebtBondage", "FalsePromises", "PsychologicalAbuse", "TakesEarnings", "WithholdsDocuments",
                       "ExcessiveWorkingHours", "RestrictsMovement"), 3), rng.choice("11237"),
            rng.choice(("9-17", "18-20", "21-23", "24-26", "27-29", "30-38")), rng.choice(("MA", "NG", "RO", "UA", "CO", "PH", "VN")),
            country, rng.choice("ABX"), rng.choice("1234"), rng.choice(("H0", "H1", "H2")), NARRATIVES[language].format(platform))


def identifier_row(rng, country, mention, received):
    if mention.key is None or rng.random() < 0.03:
        return report_id(country, mention.report), mention.kind, mention.value, mention.role, "", ""
    last = received.date() if rng.random() < 0.8 else received.date() - datetime.timedelta(rng.randrange(9))
    first = last - datetime.timedelta(rng.randrange(40))
    return report_id(country, mention.report), mention.kind, mention.value, mention.role, first.isoformat(), last.isoformat()


def write_country(rng, folder, country, reports, mentions):
    folder.mkdir(parents=True, exist_ok=True)
    start = datetime.datetime(2025, 11, 1)
    received = {}
    with open(folder / "reports.csv", "w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(REPORT_COLUMNS)
        for number in range(1, reports + 1):
            received[number] = start + datetime.timedelta(minutes=rng.randrange(365 * 1440))
            rows.writerow(report_row(rng, country, number, received[number]))
    with open(folder / "identifiers.csv", "w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(IDENTIFIER_COLUMNS)
        for mention in mentions:
            rows.writerow(identifier_row(rng, country, mention, received[mention.report]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--countries", default="FR,GB,SE", help="ISO 3166-1 codes, separated by commas")
    parser.add_argument("--reports", default=300, type=int, help="of each country")
    parser.add_argument("--seed", default=1, type=int)
    parser.add_argument("--shared-share", default=0.42, type=float, help="share of all mentions that name what several countries hold")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    options = parser.parse_args()
    countries = sorted(options.countries.split(","))
    rng = random.Random(options.seed)
    world = World(rng, countries, options.reports, options.shared_share)
    world.make()
    for country in countries:
        write_country(rng, options.out / country, country, options.reports, world.mentions[country])
    truth = world.truth(options.seed)
    (options.out / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{options.out}: {len(countries)} countries, {sum(map(len, world.mentions.values()))} identifiers in "
          f"{options.reports * len(countries)} reports; {len(truth['matches'])} shared, {len(truth['withheld'])} withheld, "
          f"{len(truth['invalid'])} invalid")


if __name__ == "__main__":
    main()
