# SPDX-License-Identifier: EUPL-1.2
"""Web addresses, domains and mail addresses."""
import unicodedata

from .accounts import TRACKING
from .identifier import Invented
from .names import a_label, foreign_host, host, name_digits, word
from .text import defanged_host, defanged_link, full_width


def capitals(name):
    """Capitals that mean the same name; "ß" has none of its own."""
    return name.upper() if name.upper().lower() == name or "ı" in name else name


def written_host(rng, name):
    """A host as typed or copied."""
    luck = rng.random()
    if luck < 0.3:
        return a_label(name)
    if luck < 0.45:
        return capitals(name)
    if luck < 0.6:
        return "www." + name
    if luck < 0.7:
        return name + "."
    return name


# --- domains -------------------------------------------------------------------------------------------------------------

class Domains:
    def __init__(self, rng):
        self.rng = rng

    def invent(self, country):
        return domain(foreign_host(self.rng) if self.rng.random() < 0.3 else host(self.rng))

    def near(self, invented):
        return domain("m." + invented.key) if invented.key.isascii() else None


def domain(name):
    def write(rng, country):
        forms = [written_host(rng, name), written_host(rng, name), name, f"http://{written_host(rng, name)}/",
                 f"https://{name}", name.replace(".", "\u3002"), "www." + name.replace(".", "\u3002")]
        if name.isascii():
            forms += [defanged_host(rng, name), defanged_host(rng, "www." + name), full_width(name), "hxxp://" + defanged_host(rng, name)]
        else:
            forms += [defanged_host(rng, name)]
        return rng.choice(forms)

    return Invented("domain", a_label(name), write)


# --- web addresses -------------------------------------------------------------------------------------------------------

class Urls:
    def __init__(self, rng):
        self.rng = rng

    def invent(self, country):
        rng = self.rng
        name = foreign_host(rng) if rng.random() < 0.12 else host(rng)
        path = [word(rng) for _ in range(rng.choice((1, 1, 2, 2, 3)))]
        if rng.random() < 0.1:
            path.append(rng.choice(("café", "vacancy list", "работа", "a+b", "Visa")))
        query = {}
        if rng.random() < 0.5:
            query["id"] = str(rng.randrange(1000, 99999))
            if rng.random() < 0.3:
                query["lang"] = rng.choice(("en", "fr", "sv"))
            if rng.random() < 0.15:
                query["Ref"] = word(rng)
        port = ":8080" if rng.random() < 0.04 else ""
        return url(name, port, path, query)

    def near(self, invented):
        """Another page of the same site."""
        name, port, path, query = invented.parts
        return self.rng.choice([url(name, port, [*path[:-1], path[-1].capitalize() + "x"], query), url(name, ":8443", path, query),
                                url(name, port, path, {**query, "id": "7"}), url("m." + name, port, path, query)])


def _escaped(text, kept=""):
    plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    return "".join(c if c in plain or c in kept else "".join(f"%{byte:02X}" for byte in c.encode()) for c in text)


def url(name, port, path, query):
    parts = (name, port, path, query)
    key = f"https://{a_label(name)}{port}/" + "/".join(_escaped(segment, "+") for segment in path)
    if query:
        key += "?" + "&".join(sorted(f"{key}={value}" for key, value in query.items()))
    return Invented("url", key, lambda rng, country: written_url(rng, *parts), parts)


def written_url(rng, name, port, path, query):
    segments = [_written_segment(rng, segment) for segment in path]
    extra = rng.random()
    if extra < 0.06:
        segments.insert(rng.randrange(len(segments)), rng.choice((".", "%2e")))
    elif extra < 0.12:
        at = rng.randrange(len(segments))
        segments[at:at] = [word(rng), rng.choice(("..", "%2e%2E", ".%2e"))]
    elif extra < 0.16:
        segments.insert(rng.randrange(len(segments)), "")
    scheme = rng.choice(["https://", "https://", "https://", "http://", "HTTPS://", ""])
    shown_host = written_host(rng, name) if rng.random() < 0.4 else name
    if port == "" and rng.random() < 0.12 and scheme:
        port = ":443" if scheme.lower() == "https://" else ":80"
    text = scheme + shown_host + port + "/" + "/".join(segments)
    if rng.random() < 0.12:
        text += "/"
    parameters = [f"{key}={value}" for key, value in query.items()]
    for added in (rng.choice(TRACKING).split("&") if rng.random() < 0.25 else []):
        parameters.insert(rng.randrange(len(parameters) + 1), added)
    if rng.random() < 0.3:
        rng.shuffle(parameters)
    if parameters:
        text += "?" + "&".join(parameters)
    if rng.random() < 0.12:
        text += rng.choice(("#contact", "#", "#:~:text=visa"))
    if scheme in ("https://", "http://") and not port and rng.random() < 0.12:
        text = defanged_link(rng, text)
    return text


def _written_segment(rng, segment):
    if not segment.isascii() and rng.random() < 0.4:
        return segment
    escaped = _escaped(segment, "+")
    if "%" in escaped:
        return rng.choice([escaped, escaped.lower()]) if segment.islower() else escaped
    if rng.random() < 0.08 and segment[0].isalpha():
        at = rng.randrange(len(segment))
        return f"{segment[:at]}%{ord(segment[at]):02{rng.choice('xX')}}{segment[at + 1:]}" if segment[at] != "+" else segment
    return segment


# --- mail addresses ------------------------------------------------------------------------------------------------------

class Emails:
    def __init__(self, rng):
        self.rng = rng

    def invent(self, country):
        rng = self.rng
        local = word(rng) + rng.choice((".", "", "_", "-")) + word(rng) + name_digits(rng, rng.choice((0, 3, 4)))
        luck = rng.random()
        if luck < 0.3:
            return gmail(local.replace("_", "").replace("-", ""))
        if luck < 0.36:
            local = rng.choice(("josé", "мария", "søren")) + name_digits(rng, 4)
        elif luck < 0.4:
            local += "+" + word(rng)
        return email(local, foreign_host(rng) if rng.random() < 0.12 else host(rng))

    def near(self, invented):
        local, name = invented.key.split("@")
        if name == "gmail.com":
            return email(local, "mail.example.org")
        return email(local + "+ads", name) if "+" not in local and local.isascii() and name.isascii() else None


def gmail(local):
    def write(rng, country):
        shown = local.replace(".", "") if rng.random() < 0.4 else local
        if rng.random() < 0.3:
            at = rng.randrange(1, len(shown))
            shown = (shown[:at] + "." + shown[at:]).replace("..", ".")
        if rng.random() < 0.3:
            shown += "+" + rng.choice(("ads", "visa", "2026", "jobs.fr"))
        return written_email(rng, shown, rng.choice(("gmail.com", "gmail.com", "googlemail.com")))

    return Invented("email", local.replace(".", "") + "@gmail.com", write)


def email(local, name):
    return Invented("email", f"{local}@{a_label(name)}", lambda rng, country: written_email(rng, local, name))


def written_email(rng, local, name):
    local = rng.choice([local, local, local.capitalize(), local.upper() if local.upper().lower() == local else local])
    shown_host = rng.choice([name, name, capitals(name), a_label(name), name + "."])
    address = f"{local}@{shown_host}"
    forms = [address, address, f"<{address}>", f"Maria Jobs <{address}>", f"mailto:{address}", f"MAILTO:{address}",
             f"mailto:{address}?subject=Job%20offer", f"{local}{rng.choice(['[at]', '(at)', ' [at] ', ' (at) '])}{defanged_host(rng, name)}",
             f"{local}[at]{name}", f"{local} [at] {name.replace('.', ' [dot] ')}", address.replace(".", "\u3002") if "." not in local else address,
             f"{local}\uff20{shown_host}"]
    if address.isascii():
        forms += [full_width(address), f"mailto:{local.replace('+', '%2B')}%40{name}"]
    elif local != "мария":
        forms.append(unicodedata.normalize("NFD", local) + "@" + name)
    return rng.choice(forms)
