#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Writes numbering_plan.tsv from libphonenumber's public metadata, as Debian's python3-phonenumbers ships it."""
import re
import sys

import phonenumbers
from phonenumbers.phonemetadata import PhoneMetadata

print(f"# Numbering plans, from libphonenumber's metadata (Apache-2.0), version {phonenumbers.__version__}.")
print("# region\tcountry code\tmain\tinternational prefix\tnational prefix for parsing\ttransform\tlengths\tpattern")
flat = lambda pattern: re.sub(r"\s", "", pattern or "")
for region in sorted(phonenumbers.SUPPORTED_REGIONS) + ["001"]:
    if region == "001":
        plans = [(str(code), PhoneMetadata.metadata_for_nongeo_region(code, None)) for code in sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS)]
    else:
        plans = [(region, PhoneMetadata.metadata_for_region(region, None))]
    for name, plan in plans:
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[plan.country_code]
        main = "1" if regions[0] == region else "0"
        lengths = ",".join(str(n) for n in plan.general_desc.possible_length)
        print("\t".join([name, str(plan.country_code), main, flat(plan.international_prefix) or "$^",
                         flat(plan.national_prefix_for_parsing), (plan.national_prefix_transform_rule or "").replace("\\", "$"),
                         lengths, flat(plan.general_desc.national_number_pattern)]))
