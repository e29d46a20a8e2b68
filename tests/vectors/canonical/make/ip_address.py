# SPDX-License-Identifier: EUPL-1.2
"""Addresses: the forms come from Python's ipaddress. Documentation ranges."""
import ipaddress

from writing import File, decorated

WRITTEN = [
    "192.0.2.1", "192.0.2[.]1", "192(.)0(.)2(.)1", "192[dot]0[dot]2[dot]1", "192。0。2。1", "::ffff:192.0.2.1", "::FFFF:192.0.2.1", "0:0:0:0:0:ffff:c000:201", "[::ffff:192.0.2.1]",
    "198.51.100.7", "203.0.113.255", "8.8.8.8", "2001:db8::1", "2001:DB8::1", "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8:0:0:0:0:0:1", "[2001:db8::1]",
    "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", "2001:db8:0:0:1::1", "2001:db8:0:1:1:1:1:1", "2001:db8::1:1:1:1:1", "2001:db8:0:0:0:1:0:0", "2001:db8::1:0:0",
    "2001:0:0:1:0:0:0:1", "2001:db8::aaaa:0:0:1", "2001:db8::AAAA:0:0:1", "2001:db8:1::", "2001:db8:1:0:0:0:0:0", "2001:db8::192.0.2.33", "64:ff9b::192.0.2.33", "64:ff9b::c000:221",
    "::192.0.2.1", "::c000:201", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:AaAa", "2001:db8::2:1", "2001:db8:0:0::2:1", "2a00::1", "100::1",
]
REFUSED = {
    "private_address": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "169.254.1.1", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::",
                        "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "::ffff:10.0.0.1"],
    "bad_form": ["192.0.2", "192.0.2.1.1", "192.0.2.256", "192.0.2.01", "0xc0.0.2.1", "3221225985", "192.0.2.1:80", "192.0.2.0/24", "2001:db8::1::2", "2001:db8", "2001:db8::g",
                 "fe80::1%eth0", "2001:db8::00001", "opal.example", "192.0.2. 1"],
    "empty": ["", " "],
    "too_long": ["1" * 65],
}


def meant(written):
    for sign in ("[.]", "(.)", "[dot]", "。"):
        written = written.replace(sign, ".")
    address = ipaddress.ip_address(written.strip("[]"))
    return str(getattr(address, "ipv4_mapped", None) or address)


def vectors():
    out = File()
    for written in WRITTEN:
        out.same(meant(written), [written])
    out.same("192.0.2.1", decorated("192.0.2.1"))
    out.same("2001:db8::1", decorated("2001:db8::1"))
    out.all_different()
    for reason, values in REFUSED.items():
        for written in values:
            out.refused(written, reason)
    return out
