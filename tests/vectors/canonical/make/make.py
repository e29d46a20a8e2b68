#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""Writes the vector files whose forms come from an oracle; with --check only says whether they are what it would write.

Needs Debian's python3-phonenumbers and python3-stdnum.
"""
import pathlib
import sys

import documents
import file
import iban
import ip_address
import phone
import wallet

FOLDER = pathlib.Path(__file__).resolve().parents[1]
TYPES = {"phone": phone.vectors, "iban": iban.vectors, "wallet": wallet.vectors, "bank_account": documents.bank_account, "vehicle_plate": documents.vehicle_plate,
         "travel_document": documents.travel_document, "file": file.vectors, "ip_address": ip_address.vectors}


def main(check):
    stale = []
    for name, vectors in TYPES.items():
        path, text = FOLDER / f"{name}.tsv", vectors().text()
        if not check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
    if stale:
        sys.exit(f"not what make.py writes: {', '.join(stale)}")


if __name__ == "__main__":
    main(sys.argv[1:] == ["--check"])
