// SPDX-License-Identifier: EUPL-1.2
#include "node/cli/attachments.h"

#include <openssl/evp.h>

#include <fstream>
#include <memory>

#include "keys/private_file.h"
#include "node/cli/reply.h"
#include "protocol/letter/letter.h"

namespace bakhita::cli {
namespace {

/// SHA-256 of what streams by.
class StreamDigest {
 public:
  StreamDigest() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
  }
  void add(ByteView bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  Hash finish() {
    Hash out{};
    EVP_DigestFinal_ex(context_.get(), out.data(), nullptr);
    return out;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

template <class Take>
void read_chunks(const std::filesystem::path& file, Take take) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw CommandError(ExitCode::usage, file.string() + ": cannot be read");
  Bytes chunk(attachment_chunk_size);
  while (
      in.read(reinterpret_cast<char*>(chunk.data()), static_cast<std::streamsize>(chunk.size())) ||
      in.gcount() > 0)
    take(ByteView(chunk).first(static_cast<std::size_t>(in.gcount())));
  if (in.bad()) throw CommandError(ExitCode::failed, file.string() + ": reading failed");
}

}  // namespace

v1::Attachment upload_attachment(const Context& context, const std::filesystem::path& file) {
  StreamDigest digest;
  std::uint64_t size = 0;
  read_chunks(file, [&](ByteView chunk) {
    digest.add(chunk);
    size += chunk.size();
  });
  if (size == 0 || size > attachment_size_max)
    throw CommandError(ExitCode::usage,
                       file.string() + ": a file of 1 byte to 64 MiB can be attached");
  v1::Attachment out;
  const Hash whole = digest.finish();
  out.set_digest(std::string(as_text(whole)));
  out.set_size(size);
  out.set_name(file.filename().string());
  Request request;
  request.mutable_chunk_put()->set_digest(out.digest());
  std::uint32_t number = 0;
  read_chunks(file, [&](ByteView chunk) {
    request.mutable_chunk_put()->set_number(number++);
    request.mutable_chunk_put()->set_content(std::string(as_text(chunk)));
    call(context, request);
  });
  return out;
}

void download_attachment(const Context& context, const std::string& letter, const std::string& name,
                         const std::filesystem::path& out) {
  if (keys::private_file_exists(out))
    throw CommandError(ExitCode::usage, out.string() + ": exists already; name another file");
  try {
    keys::NewPrivateFile file(out);
    StreamDigest digest;
    Request request;
    admin::v1::ChunkGet& get = *request.mutable_chunk_get();
    get.set_letter(letter);
    get.set_attachment(name);
    get.set_operator_(context.operator_name);
    std::string expected;
    for (std::uint32_t number = 0, chunks = 1; number < chunks; ++number) {
      get.set_number(number);
      const Response response = call(context, request);
      chunks = response.chunk().chunks();
      expected = response.chunk().digest();
      digest.add(as_bytes(response.chunk().content()));
      file.write(as_bytes(response.chunk().content()));
    }
    const Hash whole = digest.finish();
    if (as_text(whole) != expected)
      throw CommandError(ExitCode::verification_failed,
                         out.string() + ": its SHA-256 is not the one that was announced");
    file.keep();
  } catch (const keys::FileError& problem) {
    throw CommandError(ExitCode::failed, problem.what());
  }
}

}  // namespace bakhita::cli
