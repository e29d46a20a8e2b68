# SPDX-License-Identifier: EUPL-1.2
"""One invented identifier."""
import dataclasses
import random
import typing


@dataclasses.dataclass(frozen=True)
class Invented:
    """`key` is equal for two of a kind only if they mean the same; `write` gives one of its written forms, as somebody
    in that country would write it."""
    kind: str
    key: str
    write: typing.Callable[[random.Random, str], str]
    parts: tuple = ()  # what its maker wants to know again
