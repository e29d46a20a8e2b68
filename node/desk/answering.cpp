// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/answering.h"

#include <algorithm>

#include "bakhita/storage/v1/desk.pb.h"
#include "node/desk/facts.h"
#include "protocol/limits.h"

namespace bakhita::desk {
namespace {

/// Requests that one peer sends are taken one after another; two peers never share an account.
Bytes account_key(const NodeId& peer, const CommunityId& community, std::uint8_t group) {
  return ByteWriter().text("q").raw(peer.bytes).raw(community.bytes).u8(group).take();
}
Bytes request_key(const NodeId& peer, ByteView request_id) {
  return ByteWriter().text("r").raw(peer.bytes).raw(request_id).take();
}
Bytes onboarding_key(const NodeId& peer) { return ByteWriter().text("o").raw(peer.bytes).take(); }

const QuotaLimits& limits_of(const Desk& desk, std::uint8_t group) {
  return group == 1 ? desk.g1 : desk.g2;
}

Bytes encode(const QuotaAccount& account) {
  storage::v1::QuotaState row;
  row.set_tokens(account.tokens);
  row.set_updated(account.updated);
  row.set_used_epoch(account.used_epoch);
  row.set_epoch(account.epoch);
  row.set_onboarding(account.onboarding);
  return to_bytes(as_bytes(row.SerializeAsString()));
}

v1::ProtocolError refusal(const v1::Evaluate& request, Error error) {
  v1::ProtocolError out;
  out.set_code(static_cast<std::uint32_t>(error));
  out.set_text(std::string(describe(error)));
  out.set_request_id(request.request_id());
  return out;
}

bool is_batch_size(std::size_t size) {
  return size == limits::batch_interactive || size == limits::batch_scheduled ||
         size == limits::batch_backfill;
}

std::optional<store::Community> shared_community(const Desk& desk, const NodeId& peer,
                                                 const v1::Evaluate& request) {
  for (store::Community& community : desk.members.shared_with(desk.self, peer))
    if (request.community() == as_text(community.id.bytes) &&
        request.epoch() == community.charter.epoch())
      return std::move(community);
  return std::nullopt;
}

}  // namespace

QuotaAccount quota_of(const Desk& desk, const NodeId& peer, const CommunityId& community,
                      std::uint8_t group) {
  const auto row = desk.database.get(store::Table::quotas, account_key(peer, community, group));
  if (!row) return fresh_account(limits_of(desk, group), 0, desk.now());
  storage::v1::QuotaState stored;
  if (!stored.ParseFromArray(row->data(), static_cast<int>(row->size())))
    throw store::StorageError("a quota's row is malformed");
  return {stored.tokens(), stored.updated(), stored.used_epoch(), stored.epoch(),
          stored.onboarding()};
}

Answer answer_lookup(Desk& desk, const NodeId& peer, const v1::Evaluate& request) {
  const auto community = shared_community(desk, peer, request);
  if (!community) return refusal(request, Error::not_a_member);
  if (request.request_id().size() != 16 || request.case_hash().size() != 32 ||
      request.group() < 1 || request.group() > 2 || request.purpose().size() > 64)
    return refusal(request, Error::malformed);
  const auto elements = voprf::parse_elements(as_bytes(request.elements()));
  if (!elements) return refusal(request, elements.error());
  if (!is_batch_size(elements->size())) return refusal(request, Error::malformed);
  const auto& purposes = community->charter.purposes();
  if (!purposes.empty() &&
      std::find(purposes.begin(), purposes.end(), request.purpose()) == purposes.end())
    return refusal(request, Error::refused);
  const auto group = static_cast<std::uint8_t>(request.group());
  ensure_oprf_seed(desk, *community);
  const voprf::KeyPair key = own_oprf_key(desk, *community, group);
  if (request.public_key() != as_text(key.public_key)) return refusal(request, Error::wrong_key);

  const Hash asked = sha256(as_bytes(request.elements()));
  const Bytes request_row = request_key(peer, as_bytes(request.request_id()));
  const auto before = desk.database.get(store::Table::quotas, request_row);
  if (before && as_text(*before) != as_text(asked)) return refusal(request, Error::replayed);
  if (!before) {
    QuotaAccount account = quota_of(desk, peer, community->id, group);
    const std::uint64_t wait =
        take(account, limits_of(desk, group), request.epoch(), elements->size(), desk.now());
    const auto entry =
        desk.entry(to_hex(peer.bytes).substr(0, 16), "lookup.answer",
                   to_hex(as_bytes(request.case_hash())), request.purpose(),
                   wait == 0 ? std::to_string(elements->size()) + " elements" : "quota exhausted");
    if (wait > 0) {
      v1::Busy busy;
      busy.set_request_id(request.request_id());
      busy.set_retry_after(static_cast<std::uint32_t>(wait));
      busy.set_code(static_cast<std::uint32_t>(Error::quota_exhausted));
      return busy;
    }
    store::Batch batch;
    batch.put(store::Table::quotas, account_key(peer, community->id, group), encode(account));
    batch.put(store::Table::quotas, request_row, asked);
    desk.audit.commit(std::move(batch), entry);
  }
  std::vector<voprf::Element> evaluated(elements->size());
  constexpr std::size_t slice = 16;
  in_parallel(elements->size() / slice, [&](std::size_t i) {
    voprf::evaluate(key.secret, std::span(*elements).subspan(i * slice, slice),
                    std::span(evaluated).subspan(i * slice, slice));
  });
  const voprf::Scalar nonce =
      voprf::hedged_nonce(key, desk.random.bytes<32>(), *elements, evaluated);
  const voprf::Proof proof = voprf::prove(key, *elements, evaluated, nonce);
  v1::Evaluated out;
  out.set_request_id(request.request_id());
  out.set_elements(
      std::string(reinterpret_cast<const char*>(evaluated.data()), evaluated.size() * 32));
  out.set_proof(std::string(as_text(ByteWriter().raw(proof.c).raw(proof.s).take())));
  return out;
}

bool release_onboarding(Desk& desk, const NodeId& peer, const std::string& actor) {
  if (desk.database.get(store::Table::quotas, onboarding_key(peer))) return false;
  store::Batch batch;
  for (const store::Community& community : desk.members.communities()) {
    for (std::uint8_t group : {std::uint8_t{1}, std::uint8_t{2}}) {
      QuotaAccount account = quota_of(desk, peer, community.id, group);
      account.onboarding += group == 1 ? desk.onboarding_g1 : desk.onboarding_g2;
      batch.put(store::Table::quotas, account_key(peer, community.id, group), encode(account));
    }
  }
  batch.put(store::Table::quotas, onboarding_key(peer), as_bytes("1"));
  desk.audit.commit(std::move(batch), desk.entry(actor, "quota.release-onboarding",
                                                 to_hex(peer.bytes).substr(0, 16)));
  return true;
}

}  // namespace bakhita::desk
