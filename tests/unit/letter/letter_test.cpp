// SPDX-License-Identifier: EUPL-1.2
#include "protocol/letter/letter.h"

#include <gtest/gtest.h>
#include <sodium.h>

namespace bakhita {
namespace {

struct Author {
  NodeId node;
  PublicKey key{};
  ByteArray<64> secret{};
  explicit Author(std::uint8_t seed) {
    ByteArray<32> bytes{};
    bytes.fill(seed);
    crypto_sign_seed_keypair(key.data(), secret.data(), bytes.data());
    node.bytes = key;
  }
  Sign sign() const {
    return [this](ByteView message) {
      Signature out{};
      crypto_sign_detached(out.data(), nullptr, message.data(), message.size(), secret.data());
      return out;
    };
  }
};

const Author& france() {
  static const Author author(1);
  return author;
}
const Author& sweden() {
  static const Author author(2);
  return author;
}

LogKeys known_keys() {
  return [](const NodeId& node) {
    return node == france().node ? std::vector<SigningKey>{{france().key}}
                                 : std::vector<SigningKey>{};
  };
}

v1::Letter request() {
  v1::Letter out;
  out.set_format(1);
  out.set_id(std::string(16, 'i'));
  out.set_thread(out.id());
  out.set_from(std::string(as_text(france().node.bytes)));
  out.set_to(std::string(as_text(sweden().node.bytes)));
  out.set_community(std::string(16, 'c'));
  out.set_time(1'790'000'000);
  v1::Marks* marks = out.mutable_marks();
  marks->set_tlp(3);
  marks->set_pap(4);
  marks->set_purpose("investigation");
  marks->set_legal_basis("UNTOC Protocol, article 10");
  v1::InformationRequest* body = out.mutable_request();
  body->set_answer_class(v1::ANSWER_CLASS_ORDINARY);
  body->set_facts("facts");
  body->set_context("context");
  body->set_reasons("reasons");
  body->set_intended_use("use");
  return out;
}

TEST(Letter, OpensForItsRecipientAsItWasSigned) {
  const auto signed_letter = sign_letter(request(), france().sign());
  ASSERT_TRUE(signed_letter);
  const auto opened = open_letter(*signed_letter, sweden().node, known_keys());
  ASSERT_TRUE(opened) << describe(opened.error());
  EXPECT_EQ(request().SerializeAsString(), opened->SerializeAsString());
}

TEST(Letter, OfAnotherSignerIsRefused) {
  const auto signed_letter = sign_letter(request(), sweden().sign());
  ASSERT_TRUE(signed_letter);
  EXPECT_EQ(Error::bad_signature, open_letter(*signed_letter, sweden().node, known_keys()).error());
}

TEST(Letter, ForAnotherRecipientIsRefusedThoughItsSignatureIsRight) {
  const auto signed_letter = sign_letter(request(), france().sign());
  ASSERT_TRUE(signed_letter);
  EXPECT_EQ(Error::wrong_peer, open_letter(*signed_letter, france().node, known_keys()).error());
}

TEST(Letter, WithAnyBitFlippedDoesNotOpen) {
  const auto signed_letter = sign_letter(request(), france().sign());
  ASSERT_TRUE(signed_letter);
  for (std::size_t i = 0; i < signed_letter->size(); ++i) {
    Bytes damaged = *signed_letter;
    damaged[i] ^= 1;
    const auto opened = open_letter(damaged, sweden().node, known_keys());
    EXPECT_FALSE(opened) << "byte " << i;
  }
}

LogKeys rotated_at(std::uint64_t time) {
  return [time](const NodeId&) {
    return std::vector<SigningKey>{{sweden().key}, {france().key, time}};
  };
}

TEST(Letter, KeepsVerifyingByTheKeyThatSignedItBeforeARotation) {
  const auto signed_letter = sign_letter(request(), france().sign());
  ASSERT_TRUE(signed_letter);
  EXPECT_TRUE(open_letter(*signed_letter, sweden().node, rotated_at(request().time() + 1)));
}

TEST(Letter, DatedAfterTheEndOfTheKeyThatSignedItIsRefused) {
  const auto signed_letter = sign_letter(request(), france().sign());
  ASSERT_TRUE(signed_letter);
  for (const std::uint64_t end : {request().time(), request().time() - 1})
    EXPECT_EQ(Error::bad_signature,
              open_letter(*signed_letter, sweden().node, rotated_at(end)).error());
}

/// Each takes away one thing that the law or the protocol requires.
TEST(Letter, LackingWhatItsKindRequiresIsNeverSigned) {
  const std::vector<std::pair<const char*, std::function<void(v1::Letter&)>>> flaws = {
      {"no facts", [](v1::Letter& letter) { letter.mutable_request()->clear_facts(); }},
      {"no context", [](v1::Letter& letter) { letter.mutable_request()->clear_context(); }},
      {"no reasons", [](v1::Letter& letter) { letter.mutable_request()->clear_reasons(); }},
      {"no use", [](v1::Letter& letter) { letter.mutable_request()->clear_intended_use(); }},
      {"no class", [](v1::Letter& letter) { letter.mutable_request()->clear_answer_class(); }},
      {"no marks", [](v1::Letter& letter) { letter.clear_marks(); }},
      {"no TLP", [](v1::Letter& letter) { letter.mutable_marks()->clear_tlp(); }},
      {"no purpose", [](v1::Letter& letter) { letter.mutable_marks()->clear_purpose(); }},
      {"no legal basis", [](v1::Letter& letter) { letter.mutable_marks()->clear_legal_basis(); }},
      {"H3 without words", [](v1::Letter& letter) { letter.mutable_marks()->set_handling(3); }},
      {"words without H3",
       [](v1::Letter& letter) { letter.mutable_marks()->set_handling_text("only by hand"); }},
      {"no body", [](v1::Letter& letter) { letter.clear_request(); }},
      {"another thread", [](v1::Letter& letter) { letter.set_thread(std::string(16, 't')); }},
      {"to itself", [](v1::Letter& letter) { letter.set_to(letter.from()); }},
      {"no time", [](v1::Letter& letter) { letter.clear_time(); }},
      {"short id", [](v1::Letter& letter) { letter.set_id("short"); }},
      {"refusal without a ground",
       [](v1::Letter& letter) {
         letter.mutable_refusal()->set_text("no");
         letter.set_thread(std::string(16, 't'));
         letter.set_in_reply_to(letter.thread());
       }},
      {"statement without a basis",
       [](v1::Letter& letter) {
         v1::Statement* statement = letter.mutable_request()->add_statements();
         statement->set_text("seen there");
         statement->set_subject(v1::LEGAL_CATEGORY_SUSPECT);
         statement->set_source_evaluation(1);
         statement->set_information_evaluation(1);
       }},
      {"attachment with a path for a name",
       [](v1::Letter& letter) {
         v1::Attachment* file = letter.add_attachments();
         file->set_digest(std::string(32, 'd'));
         file->set_size(1);
         file->set_name("../a");
       }},
      {"marked acknowledgement",
       [](v1::Letter& letter) {
         letter.mutable_acknowledgement();
         letter.set_thread(std::string(16, 't'));
         letter.set_in_reply_to(letter.thread());
       }},
  };
  ASSERT_TRUE(check_letter(request()));
  for (const auto& [name, spoil] : flaws) {
    v1::Letter letter = request();
    spoil(letter);
    EXPECT_FALSE(check_letter(letter)) << name;
    EXPECT_FALSE(sign_letter(letter, france().sign())) << name;
  }
}

TEST(Letter, OverTheSizeOfAFrameIsRefused) {
  v1::Letter letter = request();
  for (int i = 0; i < 14; ++i) {
    v1::Statement* statement = letter.mutable_request()->add_statements();
    statement->set_text(std::string(letter_text_max, 'x'));
    statement->set_basis(v1::STATEMENT_BASIS_FACT);
    statement->set_subject(v1::LEGAL_CATEGORY_OTHER);
    statement->set_source_evaluation(2);
    statement->set_information_evaluation(3);
  }
  EXPECT_EQ(Error::too_large, check_letter(letter).error());
}

TEST(Letter, AttachmentsOfTheLargestSizeHaveWholeChunks) {
  EXPECT_EQ(1u, chunks_in(1));
  EXPECT_EQ(1u, chunks_in(attachment_chunk_size));
  EXPECT_EQ(2u, chunks_in(attachment_chunk_size + 1));
  EXPECT_EQ(512u, chunks_in(attachment_size_max));
}

TEST(Letter, AReceiptSaysNothingOfWhatLiesAheadOfIt) {
  v1::Letter letter = request();
  letter.clear_marks();
  v1::RecallReceipt* receipt = letter.mutable_recall_receipt();
  receipt->set_community(letter.community());
  receipt->set_generation(1);
  receipt->set_size(2);
  receipt->set_root(std::string(32, 'r'));
  receipt->set_done_at(letter.time() + 3'600);
  EXPECT_TRUE(check_letter(letter));
  for (const std::uint64_t ahead :
       {letter.time() + 3'601, std::uint64_t{1} << 62, ~std::uint64_t{0}}) {
    receipt->set_done_at(ahead);
    EXPECT_EQ(Error::malformed, check_letter(letter).error());
    receipt->set_done_at(letter.time());
    receipt->set_purged_size(1);
    receipt->set_purged_at(ahead);
    EXPECT_EQ(Error::malformed, check_letter(letter).error());
    receipt->clear_purged_size();
    receipt->clear_purged_at();
  }
}

}  // namespace
}  // namespace bakhita
