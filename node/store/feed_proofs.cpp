// SPDX-License-Identifier: EUPL-1.2
// What a feed proves to whoever has one of its checkpoints.
#include "node/store/feeds_state.h"

namespace bakhita::store {

std::optional<Hash> Feeds::root_at(const FeedId& feed, std::uint64_t size) const {
  const auto entry = state_->find(feed);
  if (!entry) return std::nullopt;
  const std::lock_guard lock(entry->mutex);
  if (size > entry->tree.size() || size < entry->tree.first()) return std::nullopt;
  return entry->tree.root_at(size, state_->reader(entry->row.state.number));
}

std::optional<Hash> Feeds::leaf(const FeedId& feed, std::uint64_t index) const {
  const auto entry = state_->find(feed);
  if (!entry) return std::nullopt;
  const std::lock_guard lock(entry->mutex);
  if (index < entry->row.state.first || index >= entry->row.state.size) return std::nullopt;
  return state_->leaves(entry->row.state.number, index, 1).front();
}

std::vector<Hash> Feeds::prove_record(const FeedId& feed, std::uint64_t index,
                                      std::uint64_t size) const {
  const auto entry = state_->find(feed);
  if (!entry) return {};
  const std::lock_guard lock(entry->mutex);
  if (index < entry->tree.first() || index >= size || size > entry->tree.size()) return {};
  return entry->tree.inclusion_proof(index, size, state_->reader(entry->row.state.number));
}

std::vector<Hash> Feeds::prove_prefix(const FeedId& feed, std::uint64_t size1,
                                      std::uint64_t size2) const {
  const auto entry = state_->find(feed);
  if (!entry) return {};
  const std::lock_guard lock(entry->mutex);
  if (size1 == 0 || size1 < entry->tree.first() || size1 >= size2 || size2 > entry->tree.size())
    return {};
  return entry->tree.consistency_proof(size1, size2, state_->reader(entry->row.state.number));
}

}  // namespace bakhita::store
