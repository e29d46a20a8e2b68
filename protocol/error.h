// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace bakhita {

/// The ways in which bytes from a peer or a file can break the protocol.
enum class Error : std::uint8_t {
  malformed,          ///< bytes that no correct sender makes: wrong length, field, nesting
  too_large,          ///< over a limit of limits.h
  unknown_version,    ///< a version that this node does not speak
  bad_signature,      ///< signature does not verify, or names another key
  bad_point,          ///< group element is not canonical, or is the identity
  duplicate_element,  ///< a batch repeats an element
  bad_proof,          ///< DLEQ, inclusion or consistency proof does not verify
  wrong_key,          ///< a public key other than the one in the origin's feed
  wrong_root,         ///< the tree's root differs from the signed checkpoint's
  bad_commitment,     ///< a body does not match its header
  missing_body,       ///< a body is absent though neither expired nor withdrawn
  split_view,         ///< two valid checkpoints of one size with different roots
  not_opened,         ///< AEAD tag or padding does not open
  wrong_peer,         ///< object names a node other than the one it came from
  not_a_member,       ///< the community's charter does not name this node
  quota_exhausted,    ///< try again later
  replayed,           ///< a request id that was used for another request
  unexpected,         ///< a message that the conversation does not allow now
  not_found,          ///< no such object
  refused,            ///< policy says no
  hidden_records,     ///< a feed begins behind records that may still live
};

/// A sentence for people; never holds data.
std::string_view describe(Error error);

/// Carries a value or an Error; the attribute makes the compiler point at a dropped failure.
template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
  using boost::system::result<T, Error>::result;
};

/// Makes Result::value() on an error throw with its sentence: only for our own mistakes.
[[noreturn]] inline void throw_exception_from_error(Error error, const boost::source_location&) {
  throw std::logic_error(std::string(describe(error)));
}

}  // namespace bakhita
