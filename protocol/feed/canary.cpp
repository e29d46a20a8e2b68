// SPDX-License-Identifier: EUPL-1.2
#include "protocol/feed/canary.h"

#include "protocol/voprf/hkdf.h"

namespace bakhita {
namespace {

constexpr std::string_view label = "bakhita/1/canary";

}  // namespace

Bytes canary_input(const ByteArray<32>& community_secret, const Scope& scope,
                   std::uint32_t period) {
  const Bytes bound = ByteWriter().text(label).raw(encode(scope)).u32(period).take();
  return ByteWriter().text(label).raw(hkdf_extract(community_secret, bound)).take();
}

v1::LockSummary canary_summary(std::uint8_t group, const ByteArray<16>& ref) {
  v1::LockSummary out;
  out.set_type(group == 1 ? v1::IDENTIFIER_TYPE_PHONE : v1::IDENTIFIER_TYPE_DOMAIN);
  out.set_role(v1::SUBJECT_ROLE_UNKNOWN);
  out.set_ref(std::string(as_text(ref)));
  return out;
}

}  // namespace bakhita
