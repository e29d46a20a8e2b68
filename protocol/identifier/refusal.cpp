// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>

#include "protocol/identifier/canonical.h"

namespace bakhita {
namespace {

struct Wording {
  Refusal refusal;
  std::string_view name;
  std::string_view sentence;
};
constexpr Wording wordings[] = {
    {Refusal::empty, "empty", "nothing is left of it"},
    {Refusal::too_long, "too_long", "too long"},
    {Refusal::not_text, "not_text", "not valid UTF-8 text"},
    {Refusal::control_character, "control_character",
     "holds a control character, or one that no version of Unicode up to 15.0 knows"},
    {Refusal::space_inside, "space_inside", "has a space inside"},
    {Refusal::too_short, "too_short", "too short"},
    {Refusal::extension, "extension", "has an extension"},
    {Refusal::short_code, "short_code", "is a short code"},
    {Refusal::no_region, "no_region", "national form, and the country is not known"},
    {Refusal::unknown_region, "unknown_region", "no country has this code"},
    {Refusal::bad_length, "bad_length", "not a possible length for its country"},
    {Refusal::no_domain, "no_domain", "no domain"},
    {Refusal::bad_domain, "bad_domain", "not a valid domain name"},
    {Refusal::quoted_local_part, "quoted_local_part", "quoted local part"},
    {Refusal::ip_literal, "ip_literal", "an address literal in place of a domain"},
    {Refusal::userinfo, "userinfo", "holds a user name before the host"},
    {Refusal::other_scheme, "other_scheme", "not a web address"},
    {Refusal::no_host, "no_host", "no host"},
    {Refusal::unknown_platform, "unknown_platform", "platform is not in the registry"},
    {Refusal::bad_name, "bad_name", "not a name on that platform"},
    {Refusal::unknown_country, "unknown_country", "country has no such numbers"},
    {Refusal::bad_check_digits, "bad_check_digits", "check digits are wrong"},
    {Refusal::bad_checksum, "bad_checksum", "checksum is wrong"},
    {Refusal::unknown_chain, "unknown_chain", "not an address of a known chain"},
    {Refusal::not_hexadecimal, "not_hexadecimal", "not hexadecimal"},
    {Refusal::private_address, "private_address", "a private, local or multicast address"},
    {Refusal::bad_form, "bad_form", "not of the form of its type"},
};

const Wording& wording_of(Refusal refusal) {
  return *std::find_if(std::begin(wordings), std::end(wordings) - 1,
                       [=](const Wording& wording) { return wording.refusal == refusal; });
}

}  // namespace

std::string_view name_of(Refusal refusal) { return wording_of(refusal).name; }

std::string_view describe(Refusal refusal) { return wording_of(refusal).sentence; }

}  // namespace bakhita
