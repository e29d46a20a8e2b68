// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>

#include "node/desk/audit_marks.h"
#include "node/exchange/exchange_host.h"
#include "protocol/community/charter.h"
#include "protocol/feed/split_view.h"

/// What members carry about each other: cards, acceptances, proofs of split views. Each is believed
/// for its own signature, whoever brings it, and only about members of communities that we are in.
/// And marks of audit trails, which only their owner can read.
namespace bakhita::exchange {
namespace {

/// Who has left, or does not know yet that it is in the community, tells no heads of it: that is no
/// word about what it holds.
bool speaks_in(const store::Community& community, const NodeId& peer, const v1::Clock& clock) {
  return std::ranges::any_of(clock.acceptances(), [&](const v1::Acceptance& acceptance) {
    const auto hash = to_array<32>(as_bytes(acceptance.charter_hash()));
    return acceptance.node() == as_text(peer.bytes) && !acceptance.leaves() && hash &&
           std::ranges::find(community.chain, *hash) != community.chain.end();
  });
}

}  // namespace

v1::Clock ExchangeHost::statements_for(const NodeId& peer) const {
  v1::Clock out;
  const auto shared = desk_.members.shared_with(desk_.self, peer);
  if (shared.empty()) return out;
  if (listeners_.is_serving()) out.set_audit_mark(std::string(as_text(desk::own_mark(desk_))));
  for (const Bytes& mark : desk::kept_marks(desk_, peer))
    out.add_kept_audit_marks(std::string(as_text(mark)));
  for (const store::Community& community : shared) {
    for (const Bytes& card : desk_.members.cards_of(community))
      out.add_cards(std::string(as_text(card)));
    for (v1::Acceptance& acceptance : community.last_statements())
      *out.add_acceptances() = std::move(acceptance);
    for (const store::FeedState& state : desk_.feeds.all()) {
      if (!state.frozen || state.id.community != community.id) continue;
      // One proof convicts.
      const auto proofs = desk_.feeds.evidence(state.id);
      if (!proofs.empty()) *out.add_split_views() = proofs.front();
    }
  }
  return out;
}

void ExchangeHost::learn_statements(const NodeId& peer, const v1::Clock& clock) {
  const auto shared = desk_.members.shared_with(desk_.self, peer);
  if (shared.empty()) return;
  if (std::ranges::all_of(shared, [&](const auto& each) { return speaks_in(each, peer, clock); })) {
    const std::lock_guard lock(mutex_);
    own_heads_.answered.insert(peer);
  }
  for (const std::string& mark : clock.kept_audit_marks())
    if (const std::string cut = desk::judge_returned(desk_, peer, as_bytes(mark)); !cut.empty())
      listeners_.recovery_needed(cut + ": this database is an old copy, or was cut");
  if (!clock.audit_mark().empty()) desk::keep_mark(desk_, peer, as_bytes(clock.audit_mark()));
  bool learned = false;
  for (const std::string& signed_card : clock.cards()) {
    const auto card = open_card(as_bytes(signed_card), desk_.now());
    if (!card) continue;  // expired, or of another version
    const std::string node = to_hex(as_bytes(card->identity_key())).substr(0, 16);
    learned = desk_.members.learn_card(*card, as_bytes(signed_card), desk_.self,
                                       desk_.entry("node", "member.card", node)) ||
              learned;
  }
  {
    const std::lock_guard governing(desk_.governing);
    for (const v1::Acceptance& acceptance : clock.acceptances())
      if (is_valid(acceptance))
        learned = desk_.members.add(
                      acceptance, desk_.entry("node", "community.accepted",
                                              to_hex(as_bytes(acceptance.node())).substr(0, 16))) ||
                  learned;
  }
  for (const v1::SplitView& proof : clock.split_views()) learn_proof(peer, proof);
  if (learned) listeners_.work_arrived();
}

void ExchangeHost::learn_proof(const NodeId& peer, const v1::SplitView& proof) {
  const auto feed = feed_of_proof(proof);
  if (!feed) return;
  const auto origin = origin_between(peer, *feed);
  if (!origin || !is_credible(*feed)) return;
  bool is_news = false;
  for (const PublicKey& key : origin->log_keys)
    if (const auto convicted = desk_.feeds.convict(proof, key)) is_news = is_news || *convicted;
  if (!is_news) return;
  desk_.audit.commit({}, desk_.entry("node", "split-view.learned", origin_line(*feed)));
  split_view_found(peer, *feed);
}

}  // namespace bakhita::exchange
