// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every bound on size, count and time, with what it protects.
namespace bakhita::limits {

/// A frame on the wire, its length field not counted: bounds what an unread peer can make us hold.
inline constexpr std::size_t frame_size_max = 256 * 1024;
/// Nesting of a frame: no message of ours is deeper; deeper ones are only sent to hurt the parser.
inline constexpr int message_depth_max = 8;
/// Fields in one frame, empty submessages included: Protobuf turns 2 bytes into 88 (measured).
inline constexpr std::size_t message_fields_max = 16'384;
/// Records in one Data frame.
inline constexpr std::size_t data_records_max = 4'096;
/// A record body. Locks take 223 bytes; an advisory may be a page.
inline constexpr std::size_t record_body_size_max = 64 * 1024;
/// Sizes of a blind batch: interactive, scheduled, backfill. No other size says what is asked.
inline constexpr std::size_t batch_interactive = 16;
inline constexpr std::size_t batch_scheduled = 64;
inline constexpr std::size_t batch_backfill = 256;
/// Feeds in one Clock: 500 members, some with an older generation.
inline constexpr std::size_t clock_heads_max = 1'024;
/// Cards, acceptances and proofs of a peer's that wait to be looked at: three for each of 500
/// members.
inline constexpr std::size_t statements_max = 1'536;
/// Handshake including Hello: a slow caller holds a connection no longer.
inline constexpr std::chrono::seconds handshake_time_max{10};
/// Silence after which a session is closed; pings keep it open.
inline constexpr std::chrono::seconds silence_max{120};
/// Unsent bytes of a session above which nothing more is produced for it.
inline constexpr std::size_t unsent_size_max = 1024 * 1024;
/// Reports under one bucket key: what one erasure must re-wrap.
inline constexpr std::size_t reports_per_bucket = 4'096;
/// A report with everything in it, serialised.
inline constexpr std::size_t report_size_max = 1024 * 1024;
/// Identifiers in one report.
inline constexpr std::size_t identifiers_per_report = 1'000;

static_assert(data_records_max * 48 < frame_size_max, "headers alone fit a frame");

}  // namespace bakhita::limits
