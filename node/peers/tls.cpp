// SPDX-License-Identifier: EUPL-1.2
#include "node/peers/tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <stdexcept>
#include <string>

namespace bakhita::peers {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

/// Hides the exact size of small frames; a full record of 16 KiB gets none.
constexpr std::size_t padding_block_size = 512;
/// One Ed25519 certificate has some 300 bytes.
constexpr std::size_t certificates_size_max = 4'096;

void require(bool done, const char* what) {
  if (done) return;
  ERR_clear_error();
  throw std::runtime_error(std::string("TLS set-up failed: ") + what);
}

Key make_key(const keys::SecretBytes& seed) {
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.view().data(), seed.size()),
          EVP_PKEY_free);
  require(key != nullptr, "key");
  return key;
}

/// Every field is fixed: the same key gives the same bytes. Only the key in it counts.
Certificate make_certificate(EVP_PKEY* key) {
  Certificate certificate(X509_new(), X509_free);
  require(certificate != nullptr, "certificate");
  X509* x509 = certificate.get();
  X509_NAME* name = X509_get_subject_name(x509);
  const auto* text = reinterpret_cast<const unsigned char*>("bakhita");
  const bool filled =
      X509_set_version(x509, X509_VERSION_3) == 1 &&
      ASN1_INTEGER_set(X509_get_serialNumber(x509), 1) == 1 &&
      ASN1_TIME_set_string_X509(X509_getm_notBefore(x509), "20000101000000Z") == 1 &&
      ASN1_TIME_set_string_X509(X509_getm_notAfter(x509), "99991231235959Z") == 1 &&
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1 &&
      X509_set_issuer_name(x509, name) == 1 && X509_set_pubkey(x509, key) == 1;
  require(filled && X509_sign(x509, key, nullptr) > 0, "certificate");
  return certificate;
}

std::optional<Hash> pin_of(X509* certificate) {
  if (certificate == nullptr) return std::nullopt;
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return std::nullopt;
  Hash pin;
  SHA256(der, static_cast<std::size_t>(size), pin.data());
  OPENSSL_free(der);
  return pin;
}

void restrict_to_one_way(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_max_cert_list(context, certificates_size_max);
  const bool done = SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
                    SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
                    SSL_CTX_set_ciphersuites(
                        context, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") == 1 &&
                    SSL_CTX_set1_groups_list(context, "X25519") == 1 &&
                    SSL_CTX_set1_sigalgs_list(context, "ed25519") == 1 &&
                    SSL_CTX_set_num_tickets(context, 0) == 1 &&
                    SSL_CTX_set_max_early_data(context, 0) == 1 &&
                    SSL_CTX_set_block_padding(context, padding_block_size) == 1;
  require(done, "parameters");
}

}  // namespace

TlsContext::TlsContext(Side side, const keys::SecretBytes& seed, PinCheck check)
    : check_(std::move(check)),
      context_(SSL_CTX_new(side == Side::caller ? TLS_client_method() : TLS_server_method()),
               SSL_CTX_free) {
  require(context_ != nullptr, "context");
  restrict_to_one_way(context_.get());
  const Key key = make_key(seed);
  const Certificate certificate = make_certificate(key.get());
  require(SSL_CTX_use_certificate(context_.get(), certificate.get()) == 1 &&
              SSL_CTX_use_PrivateKey(context_.get(), key.get()) == 1,
          "own certificate");
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  // OpenSSL's own chain check would refuse every self-signed certificate before a pin is looked at.
  SSL_CTX_set_cert_verify_callback(context_.get(), &TlsContext::verify, this);
}

int TlsContext::verify(X509_STORE_CTX* store, void* self) {
  const auto pin = pin_of(X509_STORE_CTX_get0_cert(store));
  bool known = false;
  try {
    known = pin && static_cast<TlsContext*>(self)->check_(*pin);
  } catch (const std::exception&) {
    known = false;  // OpenSSL is C: nothing may be thrown through it
  }
  X509_STORE_CTX_set_error(store, known ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
  return known ? 1 : 0;
}

std::optional<Hash> peer_pin(SSL* connection) {
  return pin_of(SSL_get0_peer_certificate(connection));
}

std::optional<Hash> hello_exporter(SSL* connection) {
  constexpr std::string_view label = "EXPORTER-Channel-Binding";
  Hash out;
  if (SSL_export_keying_material(connection, out.data(), out.size(), label.data(), label.size(),
                                 nullptr, 0, 0) != 1)
    return std::nullopt;
  return out;
}

}  // namespace bakhita::peers
