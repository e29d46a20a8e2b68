// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <chrono>

#include "protocol/limits.h"

namespace bakhita::session {

/// Time on any steady clock; only differences count.
using Time = std::chrono::milliseconds;

/// Tokens that come back at a rate, up to a burst.
struct Rate {
  double per_second = 0;
  double burst = 0;
};

/// Bounds of one session. Tests make them small.
struct Settings {
  /// Frames that the peer sends unasked: everything but Data.
  Rate frames{50, 500};
  /// Bytes of those.
  Rate bytes{512.0 * 1024, 4.0 * 1024 * 1024};
  /// Signature checks, some 70 µs each, that the peer can make us do: one a head, a statement, a
  /// Data frame; two a proof.
  Rate checks{1'000, 4'000};
  /// Lookups; the durable quotas stand behind.
  Rate lookups{5, 50};
  /// Letters, chunks of attachments among them: 64 MiB are 512.
  Rate letters{20, 600};

  Time hello_time_max = limits::handshake_time_max;
  Time silence_max = limits::silence_max;
  /// A frame that has begun is whole after this, plus its size at `input_rate_min`.
  Time frame_time_max = std::chrono::seconds{5};
  std::size_t input_rate_min = 1'024;
  /// For the peer's answer to a lookup, and for the next Data of a Want.
  Time answer_time_max = std::chrono::seconds{120};
  /// Data that wait for the host while it commits those before; above, nothing is read.
  std::size_t data_waiting_max = 16;
  std::size_t unsent_size_max = limits::unsent_size_max;
};

}  // namespace bakhita::session
