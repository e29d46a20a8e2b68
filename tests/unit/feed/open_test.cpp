// SPDX-License-Identifier: EUPL-1.2
// What every member reads is text of another's: it is well formed or it is nothing.
#include "protocol/feed/open.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bakhita {
namespace {

constexpr auto domain = IdentifierType::domain;
const std::string site = "opal-agency.example";

v1::LockSummary a_summary(IdentifierType type = domain) {
  v1::LockSummary out;
  out.set_type(static_cast<v1::IdentifierType>(type));
  out.set_role(v1::SUBJECT_ROLE_RECRUITER);
  out.set_source_evaluation(1);
  out.set_information_evaluation(2);
  out.set_tlp(3);
  out.set_pap(2);
  out.set_sightings(1);
  out.set_desk("FR desk");
  out.set_ref(std::string(16, 'r'));
  return out;
}

v1::OpenIndicator an_indicator(const std::function<void(v1::OpenIndicator&)>& change) {
  v1::OpenIndicator out;
  const Record record = make_open(domain, site, a_summary(), {7}, 1, 2);
  EXPECT_TRUE(out.ParseFromArray(record.body.data(), static_cast<int>(record.body.size())));
  change(out);
  return out;
}
template <class Message>
Bytes bytes(const Message& message) {
  return to_bytes(as_bytes(message.SerializeAsString()));
}

TEST(OpenIndicator, IsReadAsItWasMade) {
  const Record record = make_open(domain, site, a_summary(), {7}, 1, 2);
  EXPECT_EQ(RecordKind::open, record.header.kind);
  EXPECT_EQ(commit_to(record.body), record.header.commit);
  const auto read = parse_open(record.body);
  ASSERT_TRUE(read);
  EXPECT_EQ(site, read->canonical());
  EXPECT_EQ(a_summary().SerializeAsString(), read->summary().SerializeAsString());
}

TEST(OpenIndicator, IsOfSitesAndMachinesAlone) {
  for (IdentifierType type : all_identifier_types) {
    const Record record = make_open(type, "value", a_summary(type), {7}, 1, 2);
    EXPECT_EQ(type == IdentifierType::domain || type == IdentifierType::url ||
                  type == IdentifierType::ip_address,
              parse_open(record.body).has_value())
        << name_of(type);
  }
}

TEST(OpenIndicator, IsRefusedWhenAnythingIsOdd) {
  using Change = std::function<void(v1::OpenIndicator&)>;
  const std::vector<std::pair<const char*, Change>> odd{
      {"no value", [](v1::OpenIndicator& o) { o.clear_canonical(); }},
      {"a huge value",
       [](v1::OpenIndicator& o) { o.set_canonical(std::string(open_value_max + 1, 'a')); }},
      {"no salt", [](v1::OpenIndicator& o) { o.clear_salt(); }},
      {"a short salt", [](v1::OpenIndicator& o) { o.set_salt("short"); }},
      {"no summary", [](v1::OpenIndicator& o) { o.clear_summary(); }},
      {"a summary of another type",
       [](v1::OpenIndicator& o) { *o.mutable_summary() = a_summary(IdentifierType::url); }},
      {"a victim's role",
       [](v1::OpenIndicator& o) { o.mutable_summary()->set_role(v1::SUBJECT_ROLE_VICTIM); }},
      {"a summary without ref", [](v1::OpenIndicator& o) { o.mutable_summary()->clear_ref(); }},
      {"an unknown type",
       [](v1::OpenIndicator& o) { o.set_type(static_cast<v1::IdentifierType>(99)); }}};
  EXPECT_TRUE(parse_open(bytes(an_indicator([](auto&) {}))));
  for (const auto& [what, change] : odd)
    EXPECT_FALSE(parse_open(bytes(an_indicator(change)))) << what;
  Bytes more = bytes(an_indicator([](auto&) {}));
  const Bytes field_15{0x7a, 0x01, 'x'};
  more.insert(more.end(), field_15.begin(), field_15.end());
  EXPECT_FALSE(parse_open(more)) << "an unknown field";
}

TEST(OpenToken, IsKnownToAllAndOfOneValueAlone) {
  EXPECT_EQ(open_token(domain, site), open_token(domain, site));
  EXPECT_NE(open_token(domain, site), open_token(IdentifierType::url, site));
  EXPECT_NE(open_token(domain, site), open_token(domain, site + "x"));
  EXPECT_EQ(open_token(domain, site),
            recall_token_of(make_open(domain, site, a_summary(), {7}, 1, 2)));
  EXPECT_EQ(open_token(domain, site),
            recall_token_of(make_open(domain, site, a_summary(), {8}, 3, 4)));
}

TEST(RecallToken, OfALockIsItsOwnAndOtherRecordsHaveNone) {
  const Record lock = make_dummy({{{1}}, {{2}}, 3, 1}, 5, {6}, 7, 8);
  EXPECT_EQ(token_of(lock.body), recall_token_of(lock));
  EXPECT_FALSE(recall_token_of(make_record(RecordKind::policy, 1, 2, {1, 2, 3})));
  EXPECT_FALSE(recall_token_of(make_record(RecordKind::open, 1, 2, {1, 2, 3})));
}

v1::Advisory an_advisory() {
  v1::Advisory out;
  out.set_kind(v1::ADVISORY_KIND_HELPLINE);
  out.set_language("fr");
  out.set_title("Ligne d'écoute");
  out.set_text("Gratuite.\nJour et nuit.");
  out.set_tlp(1);
  out.set_salt(std::string(32, 's'));
  v1::CanonicalValue& value = *out.add_values();
  value.set_type(v1::IDENTIFIER_TYPE_PHONE);
  value.set_canonical("+33612345678");
  return out;
}

TEST(Advisory, IsRefusedWhenAnythingIsOdd) {
  using Change = std::function<void(v1::Advisory&)>;
  const std::vector<std::pair<const char*, Change>> odd{
      {"no kind", [](v1::Advisory& a) { a.clear_kind(); }},
      {"an unknown kind", [](v1::Advisory& a) { a.set_kind(static_cast<v1::AdvisoryKind>(9)); }},
      {"no title", [](v1::Advisory& a) { a.clear_title(); }},
      {"a long title", [](v1::Advisory& a) { a.set_title(std::string(201, 't')); }},
      {"two lines as title", [](v1::Advisory& a) { a.set_title("a\nb"); }},
      {"an escape sequence", [](v1::Advisory& a) { a.set_text("a\x1b[2Jb"); }},
      {"a long text", [](v1::Advisory& a) { a.set_text(std::string(8'193, 't')); }},
      {"no language", [](v1::Advisory& a) { a.clear_language(); }},
      {"no tag", [](v1::Advisory& a) { a.set_language("français"); }},
      {"no TLP", [](v1::Advisory& a) { a.clear_tlp(); }},
      {"a TLP above RED", [](v1::Advisory& a) { a.set_tlp(6); }},
      {"a helpline without number", [](v1::Advisory& a) { a.clear_values(); }},
      {"a notice with a number", [](v1::Advisory& a) { a.set_kind(v1::ADVISORY_KIND_PREVENTION); }},
      {"a value of no type", [](v1::Advisory& a) { a.mutable_values(0)->clear_type(); }},
      {"an empty value", [](v1::Advisory& a) { a.mutable_values(0)->clear_canonical(); }},
      {"many values",
       [](v1::Advisory& a) {
         while (a.values_size() <= 16) *a.add_values() = a.values(0);
       }},
      {"no salt", [](v1::Advisory& a) { a.clear_salt(); }}};
  EXPECT_TRUE(parse_advisory(bytes(an_advisory())));
  for (const auto& [what, change] : odd) {
    v1::Advisory advisory = an_advisory();
    change(advisory);
    EXPECT_FALSE(parse_advisory(bytes(advisory))) << what;
  }
}

TEST(Advisory, OfThreeKindsIsKnown) {
  v1::Advisory notice = an_advisory();
  notice.set_kind(v1::ADVISORY_KIND_PREVENTION);
  notice.clear_values();
  EXPECT_TRUE(parse_advisory(bytes(notice)));
  v1::Advisory recruiter = an_advisory();
  recruiter.set_kind(v1::ADVISORY_KIND_VERIFIED_RECRUITER);
  EXPECT_TRUE(parse_advisory(bytes(recruiter)));
}

}  // namespace
}  // namespace bakhita
