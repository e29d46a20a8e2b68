# SPDX-License-Identifier: EUPL-1.2
"""Invented identifiers of all types, with the ways in which people write them.

Nothing here asks the project what a canonical form is: each maker knows what it invented, and its `key` is the truth.
"""
from .identifier import Invented  # noqa: F401
