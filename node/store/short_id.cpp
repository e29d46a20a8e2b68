// SPDX-License-Identifier: EUPL-1.2
#include "node/store/short_id.h"

namespace bakhita::store {

Named named(const Database& database, Table table, ByteView head, std::string_view beginning,
            const IsMeant& is_meant) {
  Named out;
  // An odd digit is compared below.
  const auto whole = from_hex(beginning.substr(0, beginning.size() / 2 * 2));
  if (beginning.empty() || !whole) return out;
  const Bytes prefix = ByteWriter().raw(head).raw(*whole).take();
  database.scan(table, prefix, {}, [&](ByteView key, ByteView row) {
    const ByteView id = key.subspan(head.size());
    if (!to_hex(id).starts_with(beginning) || (is_meant && !is_meant(id, row))) return true;
    out.is_ambiguous = out.id.has_value();
    out.id = out.is_ambiguous ? std::nullopt : std::optional(to_bytes(id));
    return !out.is_ambiguous;
  });
  return out;
}

}  // namespace bakhita::store
