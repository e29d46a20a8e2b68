# SPDX-License-Identifier: EUPL-1.2
"""Accounts on platforms, as names and as every kind of profile link."""
import dataclasses

from .identifier import Invented
from .names import name_digits, word
from .phones import PLANS, Phones
from .text import defanged_link, random_case

TRACKING = ["utm_source=share", "utm_source=fb&utm_medium=ad", "igshid=abc123", "fbclid=IwAR0x", "gclid=EAIa_9", "igsh=MzRl&utm_campaign=q"]


@dataclasses.dataclass(frozen=True)
class Platform:
    aliases: tuple
    links: tuple  # host and path with {name}
    signs: str  # what may stand between two words of a name
    schemes: tuple = ()  # links of the platform's own scheme
    any_case: bool = True
    weight: int = 3


_faces = ("facebook.com", "www.facebook.com", "m.facebook.com", "mobile.facebook.com", "web.facebook.com", "mbasic.facebook.com",
          "fr-fr.facebook.com", "fb.com", "www.fb.com", "m.me")
PLATFORMS = {
    "facebook": Platform(("facebook", "Facebook", "fb", "FB"), tuple(host + "/{name}" for host in _faces), "._", weight=8),
    "instagram": Platform(("instagram", "Instagram", "insta", "ig"), (
        "instagram.com/{name}", "www.instagram.com/{name}/", "m.instagram.com/{name}/", "instagr.am/{name}",
        "www.instagram.com/_u/{name}", "www.instagram.com/stories/{name}"), "._", ("instagram://user?username={name}",), weight=8),
    "telegram": Platform(("telegram", "Telegram", "tg"), (
        "t.me/{name}", "telegram.me/{name}", "www.telegram.me/{name}", "telegram.dog/{name}", "t.me/s/{name}", "{name}.t.me",
        "web.telegram.org/k/#@{name}"), "_", ("tg://resolve?domain={name}",), weight=8),
    "tiktok": Platform(("tiktok", "TikTok", "Tik Tok"), (
        "tiktok.com/@{name}", "www.tiktok.com/@{name}", "m.tiktok.com/@{name}"), "._", weight=8),
    "vk": Platform(("vk", "Vk", "VKontakte"), (
        "vk.com/{name}", "m.vk.com/{name}", "www.vk.com/{name}", "vkontakte.ru/{name}", "vk.ru/{name}"), "._", weight=6),
    "snapchat": Platform(("snapchat", "Snapchat", "snap"), (
        "snapchat.com/add/{name}", "www.snapchat.com/add/{name}", "m.snapchat.com/add/{name}"), "._",
        ("snapchat://add/{name}",), weight=6),
    "x": Platform(("x", "X", "twitter", "Twitter"), (
        "x.com/{name}", "twitter.com/{name}", "www.twitter.com/{name}", "mobile.twitter.com/{name}", "m.twitter.com/{name}",
        "twitter.com/intent/user?screen_name={name}"), "_", ("twitter://user?screen_name={name}",), weight=8),
    "youtube": Platform(("youtube", "YouTube", "yt"), (
        "youtube.com/@{name}", "www.youtube.com/@{name}", "m.youtube.com/@{name}", "www.youtube.com/c/{name}"), "._"),
    "linkedin": Platform(("linkedin", "LinkedIn"), (
        "linkedin.com/in/{name}", "www.linkedin.com/in/{name}/", "fr.linkedin.com/in/{name}"), "-"),
    "reddit": Platform(("reddit", "Reddit"), (
        "reddit.com/user/{name}", "www.reddit.com/u/{name}", "old.reddit.com/user/{name}/"), "_-"),
    "tumblr": Platform(("tumblr",), ("{name}.tumblr.com", "www.tumblr.com/{name}", "www.tumblr.com/blog/view/{name}"), "-"),
    "threads": Platform(("threads", "Threads"), ("threads.net/@{name}", "www.threads.net/@{name}", "www.threads.com/@{name}"), "._"),
    "onlyfans": Platform(("onlyfans", "OnlyFans"), ("onlyfans.com/{name}", "www.onlyfans.com/{name}"), "._"),
    "skype": Platform(("skype", "Skype"), (), "._"),
    "wechat": Platform(("wechat", "WeChat", "weixin"), (), "_-"),
}
_unicode_names = ("поиск_работы", "agência_sol", "محمد_توظيف", "招聘中心", "работа.тут")
_chosen = [name for name, platform in PLATFORMS.items() for _ in range(platform.weight)]


class Accounts:
    def __init__(self, rng):
        self.rng = rng
        self.phones = Phones(rng)

    def invent(self, country):
        luck = self.rng.random()
        if luck < 0.08:
            return numbered_face("1" + name_digits(self.rng, 11 if self.rng.random() < 0.5 else 14))
        if luck < 0.14:
            return messenger(self.rng.choice(("whatsapp", "viber", "signal")), *self.phones.any_number(country))
        if luck < 0.17:
            return beyond_ascii(self.rng.choice(_unicode_names) + name_digits(self.rng, 5))
        platform = self.rng.choice(_chosen)
        return named(platform, self.name(platform))

    def name(self, platform):
        sign = self.rng.choice(["", *PLATFORMS[platform].signs])
        return word(self.rng) + sign + word(self.rng) + name_digits(self.rng, self.rng.choice((0, 2, 4, 4)))

    def near(self, invented, name):
        """The same name on another platform that takes it too."""
        platform = invented.key.split(":")[0]
        others = [other for other, kind in PLATFORMS.items()
                  if other != platform and all(c.isalnum() or c in kind.signs for c in name)]
        return named(self.rng.choice(others), name) if others else None


def named(platform, name):
    key = name.replace(".", "") if platform == "facebook" else name
    return Invented("account", f"{platform}:{key}", lambda rng, country: written(rng, platform, name))


def written(rng, platform, name):
    kind = PLATFORMS[platform]
    shown = name
    if platform == "facebook" and rng.random() < 0.25:
        at = rng.randrange(1, len(name))
        shown = name.replace(".", "") if rng.random() < 0.5 else name[:at] + "." + name[at:]
        shown = shown.replace("..", ".")
    shown = random_case(rng, shown)
    luck = rng.random()
    if not kind.links or luck < 0.3:
        alias = rng.choice(kind.aliases)
        return rng.choice([f"{alias}:{shown}", f"{alias}: {shown}", f"{alias}:@{shown}", f"{alias} @{shown}"])
    if kind.schemes and luck < 0.37:
        return rng.choice(kind.schemes).format(name=shown)
    return profile_link(rng, rng.choice(kind.links), shown)


def profile_link(rng, link, name):
    before_host = link.startswith("{name}")
    if before_host:
        name = name.lower()
    elif rng.random() < 0.06:
        at = rng.randrange(len(name))
        if name[at].isascii():
            name = f"{name[:at]}%{ord(name[at]):02{rng.choice('xX')}}{name[at + 1:]}"
    text = link.format(name=name)
    if "#" not in text and rng.random() < 0.2:
        text += ("&" if "?" in text else "?") + rng.choice(TRACKING)
    luck = rng.random()
    if luck < 0.25:
        return text
    text = rng.choice(["https://", "https://", "http://", "HTTPS://"]) + text
    return defanged_link(rng, text) if luck > 0.85 and text.startswith("http") and "#" not in text else text


def numbered_face(number):
    links = ("www.facebook.com/profile.php?id={name}", "m.facebook.com/profile.php?id={name}", "facebook.com/{name}",
             "www.facebook.com/people/Maria-Jobs/{name}", "mobile.facebook.com/profile.php?v=info&id={name}")

    def write(rng, country):
        if rng.random() < 0.25:
            return rng.choice([f"facebook:{number}", f"Facebook: {number}", f"fb://profile/{number}"])
        return profile_link(rng, rng.choice(links), number)

    return Invented("account", f"facebook:{number}", write)


def beyond_ascii(name):
    def write(rng, country):
        shown = rng.choice([name, name.upper()])
        return rng.choice([f"youtube:{shown}", f"YouTube: @{shown}", f"https://www.youtube.com/@{shown}", f"youtube.com/@{name}?si=x1",
                           "https://m.youtube.com/@" + "".join(f"%{byte:02X}" for byte in name.encode())])

    return Invented("account", f"youtube:{name}", write)


def messenger(platform, region, national):
    digits = PLANS[region].code + national
    links = {
        "whatsapp": (f"https://wa.me/{digits}", f"wa.me/{digits}?text=Hi", f"https://api.whatsapp.com/send?phone={digits}",
                     f"whatsapp://send?phone=%2B{digits}"),
        "viber": (f"viber://chat?number=%2B{digits}", f"viber://add?number={digits}"),
        "signal": (f"https://signal.me/#p/+{digits}",),
    }[platform]

    def write(rng, country):
        if rng.random() < 0.5:
            return rng.choice(links)
        number = f"+{digits}"
        if country == region and PLANS[region].trunk == "0" and rng.random() < 0.4:
            number = "0" + national
        return rng.choice([f"{platform}:{number}", f"{platform.capitalize()}: {number}"])

    return Invented("account", f"{platform}:+{digits}", write)
