// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <stdexcept>
#include <string>

#include "node/desk/desk.h"
#include "protocol/policy/decision.h"

/// Writing letters: drafts, the second person, and what leaves. Post carries them.
namespace bakhita::desk {

/// A letter that may not be written or sent so; `rule` is its stable name, and the text names it.
class LetterRefused : public std::runtime_error {
 public:
  LetterRefused(std::string rule, const std::string& why)
      : std::runtime_error(why + " (rule " + rule + ")"), rule_(std::move(rule)) {}
  explicit LetterRefused(const policy::Explanation& why)
      : std::runtime_error(why.text), rule_(why.rule) {}
  const std::string& rule() const { return rule_; }

 private:
  std::string rule_;
};

/// Who writes to whom.
struct Address {
  NodeId peer;
  CommunityId community;
};

/// Keeps a draft. `content` has body, marks and attachments, and in_reply_to when it belongs to a
/// correspondence; the rest is filled in. Everything that would hinder its sending is said now.
/// Throws LetterRefused.
LetterId write_letter(Desk& desk, v1::Letter content, const Address& to,
                      const std::string& operator_name, const std::string& match = {});

/// Signs the draft and puts it into the outbox, with the files that belong to it, durably. When the
/// node asks for two persons, the approver is another than the author. Throws LetterRefused.
void send_letter(Desk& desk, const LetterId& draft, const std::string& approver);

void discard_draft(Desk& desk, const LetterId& draft, const std::string& operator_name);

/// Keeps a piece of a file for drafts to come; the pieces of a file together have its digest.
void keep_chunk(Desk& desk, const Hash& digest, std::uint32_t number, ByteView content);

/// Signs a letter that the node itself writes (acknowledgement), keeps it, and puts it into the
/// outbox with `batch`.
void post_own(Desk& desk, v1::Letter letter, storage::v1::Thread& thread, store::Batch& batch);
/// The same for the receipt of a recall, which belongs to no correspondence.
void post_receipt(Desk& desk, const v1::Letter& letter, store::Batch& batch);

/// The letter that an address and the clock complete: format, id, nodes, community, time.
v1::Letter addressed(Desk& desk, v1::Letter content, const Address& to);

/// May the letter travel? From one of its two nodes to the other, in its community; who approves it
/// is the caller's to say.
policy::Question letter_question(const Desk& desk, const store::Community& community,
                                 const v1::Letter& letter);

policy::Marks policy_marks(const v1::Marks& marks);

/// The letter in a kept row.
v1::Letter letter_in(const storage::v1::KeptLetter& kept);

}  // namespace bakhita::desk
