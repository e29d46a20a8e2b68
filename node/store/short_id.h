// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "node/store/database.h"

/// Ids as people write them: hexadecimal, and cut where the beginning names one alone.
namespace bakhita::store {

struct Named {
  std::optional<Bytes> id;  ///< of the only one
  bool is_ambiguous = false;
};
/// Is the row of this id among those that are meant?
using IsMeant = std::function<bool(ByteView id, ByteView row)>;
/// The rows of `table` whose keys are `head` ‖ id. No text names nothing.
Named named(const Database& database, Table table, ByteView head, std::string_view beginning,
            const IsMeant& is_meant = {});

}  // namespace bakhita::store
