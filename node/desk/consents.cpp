// SPDX-License-Identifier: EUPL-1.2
#include "node/desk/consents.h"

#include <algorithm>
#include <map>
#include <set>

#include "node/desk/letters.h"

namespace bakhita::desk {
namespace {

std::string listed(const std::vector<v1::Letter>& requests) {
  std::string out;
  for (const v1::Letter& one : requests)
    out += (out.empty() ? "" : "; ") + to_hex(as_bytes(one.id())) + ": to " +
           one.consent_request().recipient() + " for " + one.consent_request().purpose();
  return out;
}

/// The one letter of the correspondence whose id begins so, of those that are `wanted`.
template <class Wanted>
v1::Letter only_letter(const Desk& desk, const LetterId& thread, const std::string& beginning,
                       const std::string& what, Wanted wanted) {
  if (beginning.empty()) throw LetterRefused("no-letter", "say which " + what + " by its id");
  std::optional<v1::Letter> found;
  for (const storage::v1::KeptLetter& kept : desk.letters.letters_of(thread)) {
    v1::Letter letter = letter_in(kept);
    if (!to_hex(as_bytes(letter.id())).starts_with(beginning) || !wanted(kept, letter)) continue;
    if (found)
      throw LetterRefused("not-unique", "more than one " + what + " of the correspondence begins " +
                                            "with that id");
    found = std::move(letter);
  }
  if (!found) throw LetterRefused("no-letter", "the correspondence has no " + what + " of that id");
  return std::move(*found);
}

}  // namespace

v1::Letter letter_of(const Desk& desk, const LetterId& thread, const std::string& beginning) {
  return only_letter(desk, thread, beginning, "letter",
                     [](const auto&, const v1::Letter&) { return true; });
}

v1::Letter own_decision_named(const Desk& desk, const LetterId& thread,
                              const std::string& beginning) {
  return only_letter(desk, thread, beginning, "decision of this node",
                     [](const storage::v1::KeptLetter& kept, const v1::Letter& letter) {
                       return kept.ours() && letter.has_consent_decision();
                     });
}

v1::Letter consent_request_named(const Desk& desk, const LetterId& thread,
                                 const std::string& beginning) {
  std::vector<v1::Letter> meant;
  std::set<std::string> decided;
  for (const storage::v1::KeptLetter& kept : desk.letters.letters_of(thread)) {
    v1::Letter letter = letter_in(kept);
    if (kept.ours() && letter.has_consent_decision()) decided.insert(letter.in_reply_to());
    if (!kept.ours() && letter.has_consent_request() &&
        to_hex(as_bytes(letter.id())).starts_with(beginning))
      meant.push_back(std::move(letter));
  }
  if (beginning.empty())
    std::erase_if(meant, [&](const v1::Letter& one) { return decided.contains(one.id()); });
  if (meant.size() == 1) return std::move(meant[0]);
  if (!meant.empty())
    throw LetterRefused("not-unique", "say which consent request with --request; " +
                                          std::string(beginning.empty() ? "open are " : "") +
                                          listed(meant));
  throw LetterRefused("no-consent-request",
                      beginning.empty()
                          ? "no consent request is open; one that was decided is named by --request"
                          : "the correspondence has no consent request of that id");
}

std::vector<policy::Consent> consents_to(const Desk& desk, const v1::Letter& letter) {
  struct Given {
    std::string decision;  ///< its letter's id
    policy::Consent consent;
  };
  std::map<std::string, v1::ConsentRequest> asked;  // by the id of the letter that asks
  std::map<std::string, Given> given;               // likewise
  for (const auto& kept : desk.letters.letters_of(thread_of(letter))) {
    const v1::Letter one = letter_in(kept);
    if (one.has_consent_request() && one.consent_request().letter() == letter.id())
      asked[one.id()] = one.consent_request();
    if (one.from() != letter.from()) continue;
    const auto question = asked.find(one.in_reply_to());
    if (one.has_consent_decision() && question != asked.end()) {
      given.erase(question->first);
      if (one.consent_decision().granted())
        given[question->first] = {one.id(),
                                  {question->second.recipient(), question->second.purpose(),
                                   one.consent_decision().valid_until()}};
    } else if (one.has_consent_withdrawal()) {
      std::erase_if(given,
                    [&](const auto& row) { return row.second.decision == one.in_reply_to(); });
    }
  }
  std::vector<policy::Consent> out;
  for (const auto& [question, row] : given)
    if (row.consent.valid_until > desk.now() && out.size() < policy::consents_max)
      out.push_back(row.consent);
  return out;
}

}  // namespace bakhita::desk
