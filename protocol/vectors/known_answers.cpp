// SPDX-License-Identifier: EUPL-1.2
#include "protocol/vectors/known_answers.h"

#include <openssl/evp.h>
#include <sodium.h>

#include <boost/json.hpp>
#include <memory>
#include <stdexcept>

#include "protocol/feed/checkpoint.h"
#include "protocol/feed/lock.h"
#include "protocol/feed/merkle.h"
#include "protocol/voprf/voprf.h"

namespace bakhita {
namespace {

namespace json = boost::json;

/// No list or object of such a file lies deeper.
constexpr std::size_t file_depth_max = 8;

/// One object of the file, its name for messages, and where outcomes go.
class Item {
 public:
  Item(const json::object& object, std::string name, std::vector<CheckOutcome>& outcomes)
      : object_(object), name_(std::move(name)), outcomes_(outcomes) {}

  std::string text(const char* field) const { return std::string(object_.at(field).as_string()); }
  Bytes bytes(const char* field) const { return hex(object_.at(field), field); }
  template <std::size_t N>
  ByteArray<N> array(const char* field) const {
    return fixed<N>(object_.at(field), field);
  }
  template <std::size_t N>
  std::vector<ByteArray<N>> arrays(const char* field) const {
    std::vector<ByteArray<N>> out;
    for (const json::value& value : object_.at(field).as_array())
      out.push_back(fixed<N>(value, field));
    return out;
  }
  std::vector<Bytes> list(const char* field) const {
    std::vector<Bytes> out;
    for (const json::value& value : object_.at(field).as_array()) out.push_back(hex(value, field));
    return out;
  }
  template <class Integer>
  Integer number(const char* field) const {
    return object_.at(field).to_number<Integer>();
  }
  void expect(const char* field, ByteView ours) const {
    expect_that(field, to_hex(ours), text(field));
  }
  void expect_that(const std::string& field, const std::string& ours,
                   const std::string& given) const {
    outcomes_.push_back(
        {name_ + "." + field, ours == given ? "" : "expected " + ours + ", file has " + given});
  }
  void expect_true(const std::string& field, bool holds) const {
    outcomes_.push_back({name_ + "." + field, holds ? "" : "does not verify"});
  }

 private:
  static Bytes hex(const json::value& value, const char* field) {
    auto out = from_hex(std::string_view(value.as_string()));
    if (!out) throw std::runtime_error(std::string(field) + " is not hexadecimal");
    return *out;
  }
  template <std::size_t N>
  static ByteArray<N> fixed(const json::value& value, const char* field) {
    const auto out = to_array<N>(hex(value, field));
    if (!out) throw std::runtime_error(std::string(field) + " has the wrong length");
    return *out;
  }
  const json::object& object_;
  std::string name_;
  std::vector<CheckOutcome>& outcomes_;
};

void check_evaluation(const Item& item, const voprf::KeyPair& key) {
  const auto inputs = item.list("inputs");
  const auto blinds = item.arrays<32>("blinds");
  const auto blinded = item.arrays<32>("blinded");
  const auto evaluated = item.arrays<32>("evaluated");
  const auto outputs = item.arrays<64>("outputs");
  if (inputs.empty() || blinds.size() != inputs.size() || blinded.size() != inputs.size() ||
      evaluated.size() != inputs.size() || outputs.size() != inputs.size())
    throw std::runtime_error("inputs, blinds, blinded, evaluated and outputs differ in number");
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string at = "[" + std::to_string(i) + "]";
    const auto ours = voprf::blind(inputs[i], blinds[i]);
    item.expect_true("blinded" + at, ours && *ours == blinded[i]);
    item.expect_true("elements" + at,
                     voprf::is_valid_element(blinded[i]) && voprf::is_valid_element(evaluated[i]));
  }
  std::vector<voprf::Element> ours(blinded.size());
  if (!voprf::evaluate(key.secret, blinded, ours)) ours.assign(ours.size(), {});
  item.expect_true("evaluated", ours == evaluated);
  const voprf::Scalar nonce =
      voprf::hedged_nonce(key, item.array<32>("dleq_random"), blinded, evaluated);
  const auto proof = voprf::prove(key, blinded, evaluated, nonce);
  ByteWriter proof_bytes;
  if (proof) proof_bytes.raw(proof->c).raw(proof->s);
  item.expect("proof", proof_bytes.view());
  const auto given = item.array<64>("proof");
  voprf::Proof stated;
  std::memcpy(stated.c.data(), given.data(), 32);
  std::memcpy(stated.s.data(), given.data() + 32, 32);
  item.expect_true("proof verifies", voprf::verify(key.public_key, blinded, evaluated, stated));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    item.expect_true("outputs[" + std::to_string(i) + "]",
                     voprf::finalize(inputs[i], blinds[i], evaluated[i]) == outputs[i]);
}

/// The file's plaintext need not be a LockSummary: the sealed bytes are checked as such.
void check_sealed(const Item& item, const Scope& scope, const Header& header) {
  const Bytes plain = item.bytes("plaintext");
  const auto key = item.array<32>("key");
  const auto nonce = item.array<24>("nonce");
  const auto encoded = encode(header);
  ByteWriter aad;
  aad.text("bakhita/1/aad").raw(ByteView(encoded).first(16)).raw(encode(scope));
  item.expect("aad", aad.view());
  Bytes sealed(plain.size() + 16);
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data(), nullptr, plain.data(), plain.size(),
                                             aad.view().data(), aad.view().size(), nullptr,
                                             nonce.data(), key.data());
  item.expect("sealed", sealed);
}

void check_lock(const Item& item) {
  const auto type = identifier_type(item.number<int>("identifier_type"));
  if (!type) throw std::runtime_error("identifier_type is unknown");
  Scope scope{.community = {item.array<16>("community")},
              .node = {item.array<32>("node")},
              .epoch = item.number<std::uint32_t>("epoch"),
              .group = item.number<std::uint8_t>("group")};
  const auto period = item.number<std::uint32_t>("period");
  const Bytes canonical = item.bytes("canonical");
  const Bytes input = id_input(*type, as_text(canonical));
  item.expect("input", input);
  const voprf::KeyPair key = oprf_key(item.array<32>("oprf_seed"), scope);
  item.expect("oprf_secret_key", key.secret);
  item.expect("oprf_public_key", key.public_key);
  const voprf::Output output = evaluate_directly(key.secret, input);
  item.expect("prf_output", output);
  const Prk prk = make_prk(item.array<32>("community_secret"), output);
  item.expect("prk", prk);
  item.expect("token", make_token(prk, scope, period));
  const LockSecrets secrets = lock_secrets(prk, scope, period, item.array<32>("salt"));
  item.expect("key", secrets.key);
  item.expect("nonce", secrets.nonce);
  const Bytes body = item.bytes("body");
  const Record record = make_record(RecordKind::lock, item.number<std::uint32_t>("issued_hour"),
                                    item.number<std::uint32_t>("expiry_day"), body);
  check_sealed(item, scope, record.header);
  const auto header = encode(record.header);
  item.expect("header", header);
  item.expect("leaf", leaf_hash(header));
  const auto lock = parse_lock(body);
  item.expect_true("body", lock && lock->group() == scope.group && lock->epoch() == scope.epoch &&
                               lock->period() == period &&
                               lock->token() == as_text(item.bytes("token")) &&
                               lock->salt() == as_text(item.bytes("salt")) &&
                               lock->sealed() == as_text(item.bytes("sealed")));
  check_evaluation(item, key);
}

Bytes shake256(const std::string& text, std::size_t size) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  Bytes out(size);
  if (EVP_DigestInit_ex(context.get(), EVP_shake256(), nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), text.data(), text.size()) != 1 ||
      EVP_DigestFinalXOF(context.get(), out.data(), out.size()) != 1)
    throw std::runtime_error("SHAKE256 is not available");
  return out;
}

/// "shake256('PREFIX'+i, 48)" → PREFIX.
std::string recipe_prefix(const std::string& recipe) {
  constexpr std::string_view start = "shake256('", end = "'+i, 48)";
  if (!recipe.starts_with(start) || !recipe.ends_with(end) ||
      recipe.size() < start.size() + end.size())
    throw std::runtime_error("leaf_header_recipe is not of the form shake256('…'+i, 48)");
  return recipe.substr(start.size(), recipe.size() - start.size() - end.size());
}

FeedId feed_of(std::string_view note) {
  const std::string line(note.substr(0, note.find('\n')));
  constexpr std::size_t community_at = 11, node_at = community_at + 33,
                        generation_at = node_at + 65;
  if (line.size() <= generation_at) throw std::runtime_error("checkpoint has no origin line");
  const auto community = to_array<16>(from_hex(line.substr(community_at, 32)).value_or(Bytes()));
  const auto node = to_array<32>(from_hex(line.substr(node_at, 64)).value_or(Bytes()));
  if (!community || !node) throw std::runtime_error("checkpoint has no origin line");
  return {
      {*community}, {*node}, static_cast<std::uint32_t>(std::stoul(line.substr(generation_at)))};
}

void check_checkpoint(const Item& item) {
  constexpr std::uint64_t size_max = 1'000'000;
  const auto size = item.number<std::uint64_t>("size");
  if (size > size_max) throw std::runtime_error("size is over 1,000,000");
  const std::string prefix = recipe_prefix(item.text("leaf_header_recipe"));
  Frontier frontier;
  for (std::uint64_t i = 0; i < size; ++i)
    frontier.append(leaf_hash(shake256(prefix + std::to_string(i), header_size)));
  item.expect("root", frontier.root());
  const auto seed = item.array<32>("log_seed");
  PublicKey key;
  ByteArray<64> secret;
  crypto_sign_seed_keypair(key.data(), secret.data(), seed.data());
  item.expect("log_public_key", key);
  const std::string note = item.text("checkpoint");
  const Checkpoint checkpoint{feed_of(note), size, frontier.root()};
  const std::string text = checkpoint_text(checkpoint);
  Signature signature;
  crypto_sign_detached(signature.data(), nullptr, as_bytes(text).data(), text.size(),
                       secret.data());
  item.expect_that("checkpoint", make_note(text, origin_line(checkpoint.feed), key, signature),
                   note);
  const auto opened = open_checkpoint(note, checkpoint.feed, key);
  item.expect_true("checkpoint verifies", opened && *opened == checkpoint);
}

void check_list(const json::object& file, const char* name, void (*check)(const Item&),
                std::vector<CheckOutcome>& outcomes) {
  const json::value* list = file.if_contains(name);
  if (list == nullptr) return;
  std::size_t index = 0;
  for (const json::value& value : list->as_array()) {
    const std::string item = std::string(name) + "[" + std::to_string(index++) + "]";
    try {
      check(Item(value.as_object(), item, outcomes));
    } catch (const std::exception& problem) {
      outcomes.push_back({item, problem.what()});
    }
  }
}

}  // namespace

std::vector<CheckOutcome> check_known_answers(std::string_view json_text) {
  std::vector<CheckOutcome> outcomes;
  try {
    json::parse_options options;
    options.max_depth = file_depth_max;
    const json::value file = json::parse({json_text.data(), json_text.size()}, {}, options);
    check_list(file.as_object(), "locks", check_lock, outcomes);
    check_list(file.as_object(), "checkpoints", check_checkpoint, outcomes);
    if (outcomes.empty()) outcomes.push_back({"file", "holds no known answers"});
  } catch (const std::exception& problem) {
    outcomes.push_back({"file", problem.what()});
  }
  return outcomes;
}

}  // namespace bakhita
