// SPDX-License-Identifier: EUPL-1.2
#include "protocol/community/terms.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>

#include "bakhita/v1/report.pb.h"
#include "protocol/identifier/identifier.h"

namespace bakhita {
namespace {

using Kind = Difference::Kind;
using Numbers = google::protobuf::RepeatedField<std::uint32_t>;

constexpr std::string_view tlp_names[] = {"", "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"};

bool has(const Numbers& places, std::uint32_t place) {
  return std::binary_search(places.begin(), places.end(), place);
}

template <class List, class Text = std::identity>
std::string joined(const List& values, std::string_view nothing, Text text = {}) {
  std::string out;
  for (const auto& value : values) {
    static_assert(std::is_convertible_v<decltype(text(value)), std::string>);
    if (!out.empty()) out += ", ";
    out += text(value);
  }
  return out.empty() ? std::string(nothing) : out;
}

std::string type_name(std::uint32_t type) {
  const auto known = identifier_type(static_cast<int>(type));
  return known ? std::string(name_of(*known)) : std::to_string(type);
}

/// An empty list allows all.
template <class List>
bool allows(const List& list, const auto& value) {
  return list.empty() || std::ranges::find(list, value) != list.end();
}

template <class List>
bool allows_more(const List& before, const List& after) {
  if (before.empty()) return false;
  if (after.empty()) return true;
  return !std::ranges::all_of(after, [&](const auto& value) { return allows(before, value); });
}

template <class List>
bool same(const List& one, const List& other) {
  return !allows_more(one, other) && !allows_more(other, one);
}

/// What both allow. A pair of lists with nothing in common allows nothing, which a list cannot say:
/// then the members go.
template <class List>
bool keep_common(List& list, const List& other) {
  if (other.empty()) return true;
  if (list.empty()) {
    list.CopyFrom(other);
    return true;
  }
  list.erase(std::remove_if(list.begin(), list.end(),
                            [&](const auto& value) { return !allows(other, value); }),
             list.end());
  return !list.empty();
}

const v1::QuotaCeiling* quota_of(const v1::Charter& charter, std::uint32_t group) {
  for (const v1::QuotaCeiling& quota : charter.quotas())
    if (quota.group() == group) return &quota;
  return nullptr;
}

std::string text_of(const v1::QuotaCeiling* quota, std::uint32_t group) {
  const std::string name = "g" + std::to_string(group) + ": ";
  if (quota == nullptr) return name + "each origin's own";
  return name + std::to_string(quota->per_day()) + " a day, burst " +
         std::to_string(quota->burst()) + ", " + std::to_string(quota->per_epoch()) + " an epoch";
}

bool is_higher(const v1::QuotaCeiling* before, const v1::QuotaCeiling* after) {
  if (before == nullptr) return false;
  return after == nullptr || after->per_day() > before->per_day() ||
         after->burst() > before->burst() || after->per_epoch() > before->per_epoch();
}

std::string countries(const v1::Charter& charter, const Numbers& places) {
  if (places.size() == charter.members_size()) return "all members";
  std::string out;
  for (std::uint32_t place : places)
    out += (out.empty() ? "" : ", ") + charter.members(static_cast<int>(place)).country();
  return out;
}

std::string text_of(const v1::Charter& charter, const v1::LegalBasis& basis) {
  return countries(charter, basis.from()) + " to " + countries(charter, basis.to()) + ": " +
         basis.basis() + " (" + joined(basis.purposes(), "all purposes") + ")";
}

/// A row by the nodes that it names, so that rows of charters with other members compare.
struct Row {
  std::set<std::string> from, to;
  std::set<std::string> purposes;
  std::string basis;
  std::string text;
  auto key() const { return std::tie(from, to, purposes, basis); }
};

std::vector<Row> rows_of(const v1::Charter& charter) {
  std::vector<Row> out;
  for (const v1::LegalBasis& basis : charter.bases()) {
    Row& row = out.emplace_back();
    for (std::uint32_t place : basis.from())
      row.from.insert(charter.members(static_cast<int>(place)).node());
    for (std::uint32_t place : basis.to())
      row.to.insert(charter.members(static_cast<int>(place)).node());
    row.purposes = {basis.purposes().begin(), basis.purposes().end()};
    row.basis = basis.basis();
    row.text = text_of(charter, basis);
  }
  return out;
}

bool is_subset(const std::set<std::string>& part, const std::set<std::string>& whole) {
  return std::ranges::includes(whole, part);
}

/// Everything that the row allows, one row of the others allows alone. A member that comes or goes
/// stands in no row of the other charter.
bool is_covered(const Row& row, const std::vector<Row>& others) {
  return std::ranges::any_of(others, [&](const Row& other) {
    return is_subset(row.from, other.from) && is_subset(row.to, other.to) &&
           (other.purposes.empty() ||
            (!row.purposes.empty() && is_subset(row.purposes, other.purposes)));
  });
}

class Comparison {
 public:
  Comparison(const v1::Charter& before, const v1::Charter& after)
      : before_(before), after_(after) {}

  std::vector<Difference> run() {
    if (before_.name() != after_.name())
      add(Kind::name_changed, Effect::neither, before_.name(), after_.name());
    if (before_.steward() != after_.steward())
      add(Kind::steward_changed, Effect::neither, country(before_, before_.steward()),
          country(after_, after_.steward()), steward_of(after_));
    compare_members();
    compare_purposes();
    compare_number(Kind::tlp_changed, before_.highest_tlp(), after_.highest_tlp(), [](auto tlp) {
      return "TLP:" + std::string(tlp < std::size(tlp_names) ? tlp_names[tlp] : "?");
    });
    const auto days = [](auto value) { return std::to_string(value) + " days"; };
    compare_number(Kind::retention_changed, before_.retention_days(), after_.retention_days(),
                   days);
    compare_number(Kind::live_locks_changed, before_.live_locks_per_origin(),
                   after_.live_locks_per_origin(), [](auto n) { return std::to_string(n); });
    compare_list(Kind::types_changed, before_.identifier_types(), after_.identifier_types(),
                 type_name);
    compare_list(Kind::roles_changed, before_.subject_roles(), after_.subject_roles(), role_name);
    compare_quotas();
    if (before_.threshold() != after_.threshold())
      add(Kind::threshold_changed, Effect::neither, threshold(before_), threshold(after_));
    compare_bases();
    if (before_.key_epoch() != after_.key_epoch())
      add(Kind::keys_renewed, Effect::neither, "key epoch " + std::to_string(before_.key_epoch()),
          "key epoch " + std::to_string(after_.key_epoch()));
    return std::move(out_);
  }

 private:
  enum class Effect : std::uint8_t { neither, widens, narrows };

  void add(Kind kind, Effect effect, std::string from, std::string to, NodeId node = {}) {
    out_.push_back({kind, effect == Effect::widens, effect == Effect::narrows, std::move(from),
                    std::move(to), node});
  }
  static std::string country(const v1::Charter& charter, const std::string& node) {
    for (const v1::Member& member : charter.members())
      if (member.node() == node) return member.country();
    return "";
  }
  static std::string threshold(const v1::Charter& charter) {
    return charter.threshold() == 0 ? "more than half"
                                    : std::to_string(charter.threshold()) + " members";
  }
  void compare_members() {
    for (const v1::Member& member : after_.members())
      if (!names_member(before_, node_of(member)))
        add(Kind::member_added, Effect::widens, "", member.country(), node_of(member));
    for (const v1::Member& member : before_.members()) {
      const auto place = place_of(after_, node_of(member));
      if (!place) {
        add(Kind::member_removed, Effect::narrows, member.country(), "", node_of(member));
        continue;
      }
      const v1::Member& now = after_.members(static_cast<int>(*place));
      if (now.card_hash() != member.card_hash() || now.country() != member.country() ||
          now.encryption_key() != member.encryption_key())
        add(Kind::member_changed, Effect::neither, member.country(), now.country(),
            node_of(member));
    }
  }
  void compare_purposes() {
    if (before_.purposes().empty() != after_.purposes().empty()) {
      const bool all = after_.purposes().empty();
      add(all ? Kind::purpose_added : Kind::purpose_removed, all ? Effect::widens : Effect::narrows,
          joined(before_.purposes(), "all"), joined(after_.purposes(), "all"));
      return;
    }
    for (const std::string& purpose : after_.purposes())
      if (!allows(before_.purposes(), purpose))
        add(Kind::purpose_added, Effect::widens, "", purpose);
    for (const std::string& purpose : before_.purposes())
      if (!allows(after_.purposes(), purpose))
        add(Kind::purpose_removed, Effect::narrows, purpose, "");
  }
  void compare_number(Kind kind, auto before, auto after, auto text) {
    if (before != after)
      add(kind, after > before ? Effect::widens : Effect::narrows, text(before), text(after));
  }
  void compare_list(Kind kind, const Numbers& before, const Numbers& after, auto text) {
    if (!same(before, after))
      add(kind, allows_more(before, after) ? Effect::widens : Effect::narrows,
          joined(before, "all", text), joined(after, "all", text));
  }
  void compare_quotas() {
    for (std::uint32_t group : {1u, 2u}) {
      const auto* before = quota_of(before_, group);
      const auto* after = quota_of(after_, group);
      if (text_of(before, group) != text_of(after, group))
        add(Kind::quota_changed, is_higher(before, after) ? Effect::widens : Effect::narrows,
            text_of(before, group), text_of(after, group));
    }
  }
  void compare_bases() {
    const std::vector<Row> before = rows_of(before_), after = rows_of(after_);
    const auto is_in = [](const Row& row, const std::vector<Row>& rows) {
      return std::ranges::any_of(rows, [&](const Row& other) { return row.key() == other.key(); });
    };
    for (const Row& row : after)
      if (!is_in(row, before))
        add(Kind::basis_added, is_covered(row, before) ? Effect::neither : Effect::widens, "",
            row.text);
    for (const Row& row : before)
      if (!is_in(row, after))
        add(Kind::basis_removed, is_covered(row, after) ? Effect::neither : Effect::narrows,
            row.text, "");
  }

  const v1::Charter& before_;
  const v1::Charter& after_;
  std::vector<Difference> out_;
};

template <class Wanted>
const v1::LegalBasis* first_basis(const v1::Charter& charter, const NodeId& from, const NodeId& to,
                                  Wanted is_wanted) {
  const auto from_place = place_of(charter, from), to_place = place_of(charter, to);
  if (!from_place || !to_place || from == to) return nullptr;
  for (const v1::LegalBasis& basis : charter.bases())
    if (has(basis.from(), *from_place) && has(basis.to(), *to_place) && is_wanted(basis))
      return &basis;
  return nullptr;
}

/// Places in `accepted` of the members of `newest`; none for those that are not in it.
std::vector<std::optional<std::uint32_t>> places_in(const v1::Charter& accepted,
                                                    const v1::Charter& newest) {
  std::map<std::string, std::uint32_t> places;
  for (int i = 0; i < accepted.members_size(); ++i)
    places[accepted.members(i).node()] = static_cast<std::uint32_t>(i);
  std::vector<std::optional<std::uint32_t>> out;
  for (const v1::Member& member : newest.members()) {
    const auto place = places.find(member.node());
    out.push_back(place == places.end() ? std::nullopt : std::optional(place->second));
  }
  return out;
}

/// What both rows allow; places are those of the common members.
std::optional<v1::LegalBasis> common_basis(
    const v1::LegalBasis& newer, const v1::LegalBasis& older,
    const std::vector<std::optional<std::uint32_t>>& old_places,
    const std::vector<std::uint32_t>& new_places) {
  v1::LegalBasis out = newer;
  out.clear_from();
  out.clear_to();
  for (std::uint32_t place : newer.from())
    if (old_places[place] && has(older.from(), *old_places[place])) out.add_from(new_places[place]);
  for (std::uint32_t place : newer.to())
    if (old_places[place] && has(older.to(), *old_places[place])) out.add_to(new_places[place]);
  const bool have_purpose = keep_common(*out.mutable_purposes(), older.purposes());
  if (out.from().empty() || out.to().empty() || !have_purpose) return std::nullopt;
  return out;
}

}  // namespace

const v1::LegalBasis* find_basis(const v1::Charter& charter, const NodeId& from, const NodeId& to) {
  return first_basis(charter, from, to, [](const v1::LegalBasis&) { return true; });
}

const v1::LegalBasis* find_basis(const v1::Charter& charter, const NodeId& from, const NodeId& to,
                                 std::string_view purpose) {
  if (!allows(charter.purposes(), purpose)) return nullptr;
  return first_basis(charter, from, to, [&](const v1::LegalBasis& basis) {
    return allows(basis.purposes(), purpose);
  });
}

bool may_flow(const v1::Charter& charter, const NodeId& from, const NodeId& to) {
  return find_basis(charter, from, to) != nullptr;
}

bool may_flow(const v1::Charter& charter, const NodeId& from, const NodeId& to,
              std::string_view purpose) {
  return find_basis(charter, from, to, purpose) != nullptr;
}

std::vector<v1::LegalBasis> bases_between(const v1::Charter& charter, const NodeId& from,
                                          const NodeId& to) {
  std::vector<v1::LegalBasis> out;
  const auto from_place = place_of(charter, from), to_place = place_of(charter, to);
  if (!from_place || !to_place || from == to) return out;
  for (const v1::LegalBasis& basis : charter.bases())
    if (has(basis.from(), *from_place) && has(basis.to(), *to_place)) out.push_back(basis);
  return out;
}

std::string_view name_of(Difference::Kind kind) {
  static constexpr std::string_view names[] = {
      "name-changed",      "steward-changed",    "member-added",    "member-removed",
      "member-changed",    "purpose-added",      "purpose-removed", "tlp-changed",
      "retention-changed", "live-locks-changed", "types-changed",   "roles-changed",
      "quota-changed",     "threshold-changed",  "basis-added",     "basis-removed",
      "keys-renewed"};
  return names[static_cast<std::size_t>(kind)];
}

std::string role_name(std::uint32_t role) {
  constexpr std::string_view prefix = "SUBJECT_ROLE_";
  std::string out = v1::SubjectRole_Name(static_cast<v1::SubjectRole>(role));
  if (!out.starts_with(prefix)) return std::to_string(role);
  out.erase(0, prefix.size());
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::vector<Difference> differences(const v1::Charter& before, const v1::Charter& after) {
  return Comparison(before, after).run();
}

bool widens(const v1::Charter& before, const v1::Charter& after) {
  return std::ranges::any_of(differences(before, after), &Difference::widens);
}

v1::Charter strictest(const v1::Charter& newest, const v1::Charter& accepted) {
  v1::Charter out = newest;
  const auto old_places = places_in(accepted, newest);
  std::vector<std::uint32_t> new_places(old_places.size());
  out.clear_members();
  for (std::size_t i = 0; i < old_places.size(); ++i) {
    if (!old_places[i]) continue;
    new_places[i] = static_cast<std::uint32_t>(out.members_size());
    *out.add_members() = newest.members(static_cast<int>(i));
  }
  out.clear_bases();
  for (const v1::LegalBasis& newer : newest.bases()) {
    std::vector<v1::LegalBasis> common;
    for (const v1::LegalBasis& older : accepted.bases())
      if (auto basis = common_basis(newer, older, old_places, new_places))
        common.push_back(std::move(*basis));
    // Where one older row allows it all, its parts in other rows say nothing more.
    const auto allows_all = [&](const v1::LegalBasis& basis) {
      return basis.purposes_size() == newer.purposes_size() &&
             std::ranges::all_of(common, [&](const v1::LegalBasis& part) {
               return std::ranges::includes(basis.from(), part.from()) &&
                      std::ranges::includes(basis.to(), part.to());
             });
    };
    const auto whole = std::ranges::find_if(common, allows_all);
    if (whole != common.end()) common = {*whole};
    for (v1::LegalBasis& basis : common) *out.add_bases() = std::move(basis);
  }
  bool something = keep_common(*out.mutable_purposes(), accepted.purposes());
  something =
      keep_common(*out.mutable_identifier_types(), accepted.identifier_types()) && something;
  something = keep_common(*out.mutable_subject_roles(), accepted.subject_roles()) && something;
  out.set_highest_tlp(std::min(newest.highest_tlp(), accepted.highest_tlp()));
  out.set_retention_days(std::min(newest.retention_days(), accepted.retention_days()));
  out.set_live_locks_per_origin(
      std::min(newest.live_locks_per_origin(), accepted.live_locks_per_origin()));
  for (const v1::QuotaCeiling& old : accepted.quotas()) {
    const auto quota =
        std::ranges::find(*out.mutable_quotas(), old.group(), &v1::QuotaCeiling::group);
    if (quota == out.mutable_quotas()->end()) {
      *out.add_quotas() = old;
      continue;
    }
    quota->set_per_day(std::min(quota->per_day(), old.per_day()));
    quota->set_burst(std::min(quota->burst(), old.burst()));
    quota->set_per_epoch(std::min(quota->per_epoch(), old.per_epoch()));
  }
  if (!something) {
    out.clear_members();
    out.clear_bases();
  }
  return out;
}

}  // namespace bakhita
