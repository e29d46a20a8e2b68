// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "bakhita/admin/v1/admin.pb.h"
#include "node/desk/desk.h"
#include "node/desk/lookups.h"
#include "protocol/letter/letter.h"

/// The origin's side of taking back: orders, who holds what, and receipts.
namespace bakhita::desk {

/// An order that cannot be carried out; the message says why.
struct RecallRefused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Takes back what is published of a report's identifiers, or of one, in every community, and holds
/// it back from publications to come. Durable on return, bodies deleted. Nothing when there is no
/// such report or identifier. Throws RecallRefused.
std::optional<admin::v1::RecallOrdered> order_recall(Desk& desk, Lookups& lookups,
                                                     const admin::v1::RecallNew& order);

/// After a loss: what the own feeds withdraw is listed again, dummies too, which nothing tells
/// apart any more; their causes, and the holds that went with them, are gone.
void relist_recalls(Desk& desk);

/// A receipt of a peer for a feed of ours. One for records that we never signed is refused; one
/// that covers no recall that was not covered before changes nothing.
Result<void> take_receipt(Desk& desk, const store::Peer& peer, const v1::Letter& letter,
                          ByteView signed_letter);

/// The peer asks for an own feed's records before `size`, or says that it holds them.
void note_served(Desk& desk, const NodeId& peer, const FeedId& feed, std::uint64_t size);
void note_told(Desk& desk, const NodeId& peer, const FeedId& feed, std::uint64_t size);

/// A member, and what it holds and deleted of an own feed.
struct Holder {
  NodeId node;
  std::string country;
  bool is_member = false;  ///< and may receive our records
  storage::v1::Holding holding;
  std::vector<storage::v1::Receipt> receipts;  ///< in order of size
};
/// Everybody to whom the feed's records may have gone: members, and who was one.
std::vector<Holder> holders_of(const Desk& desk, const store::Community& community,
                               const store::FeedState& feed);

/// In the order of their ids: of each own feed the newest last.
admin::v1::RecallRows list_recalls(const Desk& desk, const admin::v1::RecallList& request);
/// By id or a unique prefix, with all holders.
std::optional<admin::v1::RecallView> show_recall(const Desk& desk, const std::string& id);
/// What the peer has not receipted, over all communities or in one.
admin::v1::PeerRecalls recalls_at(const Desk& desk, const NodeId& peer);
admin::v1::PeerRecalls recalls_at(const Desk& desk, const store::Community& community,
                                  const NodeId& peer);

/// The recall that an id, or its unique beginning, names.
struct RecallPlace {
  store::FeedState feed;  ///< an own one
  std::uint64_t index = 0;
};
std::optional<RecallPlace> recall_named(const Desk& desk, const std::string& beginning);

}  // namespace bakhita::desk
