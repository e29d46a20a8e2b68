// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "protocol/feed/lock.h"

/// The canary lock of a month: it stands for nobody, every member can ask for it, and whoever finds
/// it knows that keys, feed, lookup and matching work between the two (exchange: canaries).
namespace bakhita {

/// "bakhita/1/canary" ‖ HMAC-SHA-512 under the community's secret of "bakhita/1/canary" ‖ scope ‖
/// u32 period: what is evaluated where an identifier has id_input(). The first bytes differ from
/// those of every identifier and pad.
Bytes canary_input(const ByteArray<32>& community_secret, const Scope& scope, std::uint32_t period);

/// What is sealed in it: an identifier type of the scope's exposure group, and nothing about
/// anybody.
v1::LockSummary canary_summary(std::uint8_t group, const ByteArray<16>& ref);

}  // namespace bakhita
