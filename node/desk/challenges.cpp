// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/challenges.h"

#include <algorithm>
#include <set>

#include "node/desk/facts.h"
#include "node/desk/matches.h"
#include "node/desk/own_feed.h"
#include "node/desk/reading.h"
#include "node/desk/withdrawing.h"
#include "protocol/session/wire.h"
#include "protocol/unix_time.h"

namespace bakhita::desk {
namespace {

using Place = store::Recalls::DisputePlace;

std::string hour_text(std::uint32_t hour) { return time_text(std::uint64_t{hour} * 3'600); }

std::string ground_name(v1::ChallengeGround ground) {
  std::string out = v1::ChallengeGround_Name(ground).substr(17);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return out;
}

std::optional<v1::ChallengeGround> ground_named(const std::string& name) {
  for (int number = 1; v1::ChallengeGround_IsValid(number); ++number)
    if (const auto ground = static_cast<v1::ChallengeGround>(number); ground_name(ground) == name)
      return ground;
  return std::nullopt;
}

/// The feed and record of a match, by its id.
struct Disputed {
  store::FeedState feed;
  std::uint64_t index = 0;
  Record record;
  Hash leaf{};
};
std::optional<Disputed> disputed_in(const Desk& desk, const std::string& match_id) {
  const auto match = find_match(desk, match_id);
  if (!match) return std::nullopt;
  const auto [number, index] = record_named(from_hex(match->id()).value());
  const auto feed = feed_numbered(desk, number);
  if (!feed) return std::nullopt;
  auto record = desk.feeds.record(feed->id, index);
  const auto leaf = desk.feeds.leaf(feed->id, index);
  if (!record || !leaf) return std::nullopt;
  return Disputed{*feed, index, std::move(*record), *leaf};
}

bool holds_today(const Desk& desk, const FeedId& feed, std::uint64_t index, const NodeId& objector,
                 const storage::v1::Dispute& dispute) {
  const auto community = desk.members.community(feed.community);
  const auto leaf = desk.feeds.leaf(feed, index);
  return community && community->has_member(objector) && dispute.expiry_day() >= today(desk).day &&
         leaf && as_text(*leaf) == dispute.record();
}

std::string id_of(const storage::v1::Dispute& dispute) {
  return to_id({dispute.feed(), dispute.index()});
}

admin::v1::ChallengeView view_of(const Desk& desk, const store::FeedState& feed, const Place& place,
                                 const storage::v1::Dispute& dispute) {
  admin::v1::ChallengeView out;
  out.set_id(id_of(dispute));
  out.set_by(country_of(desk, place.objector));
  out.set_origin(country_of(desk, feed.id.origin));
  out.set_community(to_hex(feed.id.community.bytes));
  out.set_generation(feed.id.generation);
  out.set_record(place.index);
  out.set_ground(ground_name(dispute.ground()));
  out.set_since(hour_text(dispute.issued_hour()));
  out.set_ours(place.objector == desk.self);
  out.set_against_us(feed.id.origin == desk.self);
  if (const auto match = find_match(desk, to_id({place.feed, place.index}))) {
    out.set_match(match->id());
    out.set_type(match->type());
    *out.mutable_report_ids() = match->report_ids();
  }
  return out;
}

/// Which of our reports stand behind our own disputed records.
void add_own_reports(const Desk& desk, admin::v1::Challenges& challenges) {
  const auto is_behind = [](const admin::v1::ChallengeView& view,
                            const storage::v1::LiveLock& lock) {
    return view.against_us() && lock.index() == view.record() &&
           lock.generation() == view.generation() &&
           to_hex(as_bytes(lock.community())) == view.community();
  };
  if (std::none_of(challenges.challenges().begin(), challenges.challenges().end(),
                   [](const auto& view) { return view.against_us(); }))
    return;
  desk.identifiers.for_each(
      [&](const store::IdentifierHash&, const storage::v1::IdentifierState& state) {
        for (const storage::v1::LiveLock& lock : state.locks())
          for (admin::v1::ChallengeView& view : *challenges.mutable_challenges())
            if (is_behind(view, lock)) {
              for (std::string& id : report_ids_of(desk, state)) view.add_report_ids(std::move(id));
              view.set_type(std::string(name_of(static_cast<IdentifierType>(state.type()))));
            }
        return true;
      });
}

/// The record that a member objects to: one that there is, or that may come, and no other
/// objection of the member's is about it.
std::optional<RecordName> disputed_by(const Desk& desk, const store::FeedState& objector,
                                      const Header& header, const v1::Challenge& body) {
  const auto origin = to_array<32>(as_bytes(body.origin()));
  if (!origin || body.record().size() != 32 || body.salt().size() != 32 ||
      body.ground() == v1::CHALLENGE_GROUND_UNSPECIFIED ||
      !v1::ChallengeGround_IsValid(body.ground()) || header.expiry_day < today(desk).day ||
      std::uint64_t{header.issued_hour} * 3'600 > desk.now() + clock_tolerance)
    return std::nullopt;
  const FeedId feed{objector.id.community, {*origin}, body.generation()};
  // An origin takes its record back; it does not object to it. And no objection makes a feed known.
  if (feed.origin == objector.id.origin) return std::nullopt;
  const auto known = desk.feeds.find(feed);
  if (!known) return std::nullopt;
  const auto leaf = desk.feeds.leaf(feed, body.index());
  if (leaf ? as_text(*leaf) != body.record() || !desk.feeds.record(feed, body.index())
           : feed.origin == desk.self)
    return std::nullopt;
  for (const auto& [before, dispute] : desk.recalls.disputes(known->number, body.index()))
    if (before == objector.id.origin) return std::nullopt;
  return RecordName{known->number, body.index()};
}

}  // namespace

std::optional<admin::v1::ChallengeView> object_to(Desk& desk,
                                                  const admin::v1::ChallengeNew& request) {
  const auto ground = ground_named(request.ground());
  if (!ground)
    throw ChallengeRefused(
        "the ground is one of inaccurate, not-involved, outdated, "
        "source-unreliable, unlawful, excluded-matter");
  const auto exclusive = desk.identifiers.exclusive();
  const auto disputed = disputed_in(desk, request.match());
  if (!disputed) return std::nullopt;
  const auto community = desk.members.community(disputed->feed.id.community);
  if (!community || !community->has_member(desk.self))
    throw ChallengeRefused("this node is not in the community of the match any more");
  const FeedId own = feed_of(desk, *community, desk.self);
  const store::FeedState feed = desk.feeds.open(own);
  const auto alone = desk.recalls.exclusive();
  for (const auto& [objector, dispute] :
       desk.recalls.disputes(disputed->feed.number, disputed->index))
    if (objector == desk.self)
      throw ChallengeRefused("this node objects already: challenge " + id_of(dispute));
  if (desk.recalls.disputes_by(feed.number, challenges_max) == challenges_max)
    throw ChallengeRefused("others take no more than " + std::to_string(challenges_max) +
                           " objections of one member; end some first");
  const Today now = today(desk);
  v1::Challenge body;
  body.set_origin(text(disputed->feed.id.origin.bytes));
  body.set_generation(disputed->feed.id.generation);
  body.set_index(disputed->index);
  body.set_record(text(disputed->leaf));
  body.set_ground(*ground);
  body.set_salt(text(desk.random.bytes<32>()));
  std::vector<Record> records;
  if (feed.size == 0) add_close(desk, own, records);
  const std::uint64_t index = feed.size + records.size();
  records.push_back(
      make_record(RecordKind::challenge, now.hour,
                  std::min(now.day + desk.retention_days, disputed->record.header.expiry_day),
                  to_bytes(as_bytes(body.SerializeAsString()))));
  storage::v1::Dispute row;
  row.set_feed(feed.number);
  row.set_index(index);
  row.set_record(body.record());
  row.set_ground(*ground);
  row.set_issued_hour(now.hour);
  row.set_expiry_day(records.back().header.expiry_day);
  store::Batch batch;
  desk.recalls.put(batch, disputed->feed.number, disputed->index, desk.self, row);
  desk.audit.commit({}, desk.entry(request.operator_(), "challenge", id_of(row), request.ground(),
                                   "match " + request.match()));
  append_own(desk, own, std::move(records), std::move(batch));
  return view_of(desk, disputed->feed, {disputed->feed.number, disputed->index, desk.self}, row);
}

bool end_objection(Desk& desk, const admin::v1::ChallengeEnd& request) {
  const auto exclusive = desk.identifiers.exclusive();
  const auto alone = desk.recalls.exclusive();
  const auto id = desk.recalls.challenge_named(request.id(), desk.self).id;
  if (!id) return false;
  const auto [number, index] = record_named(*id);
  const auto place = desk.recalls.disputed_by(number, index);
  const auto feed = feed_numbered(desk, number);
  const auto community = feed ? desk.members.community(feed->id.community) : nullptr;
  if (!place || !community) return false;
  const FeedId own = feed_of(desk, *community, desk.self);
  store::Batch batch;
  desk.recalls.erase_dispute(batch, place->feed, place->index, desk.self);
  const std::uint64_t size = desk.feeds.open(own).size;
  std::vector<Record> records;
  if (size == 0) add_close(desk, own, records);
  Withdrawal withdrawal;
  withdrawal.index = index;
  withdrawal.reason = v1::WITHDRAW_REASON_RECTIFIED;
  withdrawal.generation = feed->id.generation;
  for (Record& record : make_withdrawals(desk, own, {withdrawal}, size + records.size(), batch))
    records.push_back(std::move(record));
  desk.audit.commit({}, desk.entry(request.operator_(), "challenge.end", to_hex(*id)));
  append_own(desk, own, std::move(records), std::move(batch), {{feed->id.generation, {index}}});
  return true;
}

admin::v1::Challenges list_challenges(const Desk& desk, const admin::v1::ChallengeList& request) {
  admin::v1::Challenges out;
  const auto feeds = desk.feeds.all();
  for (const auto& [place, dispute] : desk.recalls.all_disputes()) {
    const auto feed = std::ranges::find(feeds, place.feed, &store::FeedState::number);
    if (feed == feeds.end() || !holds_today(desk, feed->id, place.index, place.objector, dispute))
      continue;
    if (request.against_us() && feed->id.origin != desk.self) continue;
    *out.add_challenges() = view_of(desk, *feed, place, dispute);
  }
  add_own_reports(desk, out);
  return out;
}

std::size_t count_against_us(const Desk& desk) {
  std::size_t out = 0;
  std::map<std::uint32_t, FeedId> own;
  for (const store::FeedState& feed : desk.feeds.all())
    if (feed.id.origin == desk.self) own.emplace(feed.number, feed.id);
  for (const auto& [place, dispute] : desk.recalls.all_disputes())
    if (const auto feed = own.find(place.feed); feed != own.end())
      out += holds_today(desk, feed->second, place.index, place.objector, dispute) ? 1 : 0;
  return out;
}

void learn_challenges(const Desk& desk, const store::FeedState& objector,
                      std::span<const Placed> challenges, store::Batch& batch) {
  std::size_t count = desk.recalls.disputes_by(objector.number, challenges_max);
  std::set<RecordName> learned;
  for (const auto& [index, record] : challenges) {
    if (count == challenges_max) return;
    const auto body = session::parse<v1::Challenge>(record->body);
    const auto disputed = body ? disputed_by(desk, objector, record->header, *body) : std::nullopt;
    if (!disputed || !learned.insert(*disputed).second) continue;
    storage::v1::Dispute row;
    row.set_feed(objector.number);
    row.set_index(index);
    row.set_record(body->record());
    row.set_ground(body->ground());
    row.set_issued_hour(record->header.issued_hour);
    row.set_expiry_day(record->header.expiry_day);
    desk.recalls.put(batch, disputed->feed, disputed->index, objector.id.origin, row);
    ++count;
  }
}

void end_challenges(const Desk& desk, std::uint32_t objector_feed,
                    std::span<const std::uint64_t> indexes, store::Batch& batch) {
  for (std::uint64_t index : indexes)
    if (const auto place = desk.recalls.disputed_by(objector_feed, index))
      desk.recalls.erase_dispute(batch, place->feed, place->index, place->objector);
}

void forget_disputes(const Desk& desk, std::uint32_t feed, std::uint64_t index,
                     store::Batch& batch) {
  for (const auto& [objector, dispute] : desk.recalls.disputes(feed, index))
    desk.recalls.erase_dispute(batch, feed, index, objector);
}

std::vector<admin::v1::DisputeView> disputes_of(const Desk& desk, const FeedId& feed,
                                                std::uint64_t index) {
  std::vector<admin::v1::DisputeView> out;
  const auto known = desk.feeds.find(feed);
  if (!known) return out;
  for (const auto& [objector, dispute] : desk.recalls.disputes(known->number, index)) {
    if (!holds_today(desk, feed, index, objector, dispute)) continue;
    admin::v1::DisputeView& view = out.emplace_back();
    view.set_country(country_of(desk, objector));
    view.set_ground(ground_name(dispute.ground()));
    view.set_since(hour_text(dispute.issued_hour()));
  }
  return out;
}

}  // namespace bakhita::desk
