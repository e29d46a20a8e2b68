// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <optional>

#include "keys/secret_bytes.h"
#include "protocol/bytes.h"

/// TLS 1.3 alone, both sides known by the pin of their Ed25519 key: no names, no authorities, no
/// dates.
namespace bakhita::peers {

/// Settings and certificate for one direction. Outlives its connections.
class TlsContext {
 public:
  enum class Side : std::uint8_t { caller, listener };
  /// Whether a connection with the holder of this key may go on.
  using PinCheck = std::function<bool(const Hash& pin)>;

  /// The certificate is self-signed, made in memory, and the same for the same seed. Throws
  /// std::runtime_error when OpenSSL fails.
  TlsContext(Side side, const keys::SecretBytes& seed, PinCheck check);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  SSL_CTX* native() const { return context_.get(); }

 private:
  static int verify(X509_STORE_CTX* store, void* self);

  PinCheck check_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
};

/// Pin of the peer's certificate, once it has sent one.
std::optional<Hash> peer_pin(SSL* connection);
/// The channel binding `tls-exporter`, RFC 9266: 32 bytes that differ for each connection and are
/// the same at both ends.
std::optional<Hash> hello_exporter(SSL* connection);

}  // namespace bakhita::peers
