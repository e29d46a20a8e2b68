// SPDX-License-Identifier: EUPL-1.2
#include "tests/bench/bare_sync.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>

#include "bakhita/v1/frame.pb.h"
#include "node/peers/tls.h"
#include "protocol/feed/lock.h"
#include "tests/bench/report.h"

namespace bakhita::bench {
namespace {

namespace rdb = rocksdb;

void check(const rdb::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

struct Connection {
  int fd = -1;
  SSL* tls = nullptr;
  ~Connection() {
    if (tls != nullptr) {
      SSL_shutdown(tls);
      SSL_free(tls);
    }
    if (fd >= 0) ::close(fd);
  }
  void write(const std::string& bytes) {
    const auto size = htonl(static_cast<std::uint32_t>(bytes.size()));
    if (SSL_write(tls, &size, 4) != 4 ||
        SSL_write(tls, bytes.data(), static_cast<int>(bytes.size())) !=
            static_cast<int>(bytes.size()))
      throw std::runtime_error("write");
  }
  void read(char* to, std::size_t size) {
    while (size > 0) {
      const int got = SSL_read(tls, to, static_cast<int>(size));
      if (got <= 0) throw std::runtime_error("read");
      to += got;
      size -= static_cast<std::size_t>(got);
    }
  }
  std::string frame() {
    std::uint32_t size = 0;
    read(reinterpret_cast<char*>(&size), 4);
    std::string out(ntohl(size), '\0');
    read(out.data(), out.size());
    return out;
  }
};

std::vector<rdb::ColumnFamilyDescriptor> tables_of(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  check(rdb::DB::ListColumnFamilies({}, folder.string(), &names));
  std::vector<rdb::ColumnFamilyDescriptor> out;
  for (const auto& name : names) out.emplace_back(name, rdb::ColumnFamilyOptions());
  return out;
}

/// Tiles of 256 records in order: 48-byte headers, then a 32-byte bitmap and the bodies.
void send(const std::filesystem::path& folder, Connection& connection) {
  const auto tables = tables_of(folder);
  std::vector<rdb::ColumnFamilyHandle*> handles;
  rdb::DB* raw = nullptr;
  rdb::DBOptions options;
  options.track_and_verify_wals_in_manifest = true;  // as the node wrote it
  check(rdb::DB::OpenForReadOnly(options, folder.string(), tables, &handles, &raw));
  const std::unique_ptr<rdb::DB> db(raw);
  const auto handle = [&](const char* name) {
    for (std::size_t i = 0; i < tables.size(); ++i)
      if (tables[i].name == name) return handles[i];
    throw std::runtime_error("no such table");
  };
  const std::unique_ptr<rdb::Iterator> headers(db->NewIterator({}, handle("feed_headers")));
  const std::unique_ptr<rdb::Iterator> bodies(db->NewIterator({}, handle("feed_bodies")));
  bodies->SeekToFirst();
  v1::Data data;
  const auto flush = [&] {
    connection.write(data.SerializeAsString());
    data.Clear();
  };
  for (headers->SeekToFirst(); headers->Valid(); headers->Next(), bodies->Next()) {
    data.mutable_headers()->append(headers->value().data(), headers->value().size());
    data.mutable_bodies()->append(bodies->value().data() + 32, bodies->value().size() - 32);
    if (data.headers().size() + data.bodies().size() > 180'000) flush();
  }
  if (!data.headers().empty()) flush();
  connection.write("");
  for (auto* each : handles) db->DestroyColumnFamilyHandle(each);
}

class Receiver {
 public:
  Receiver(const std::filesystem::path& folder, TokenIndex index) : index_(index), folder_(folder) {
    rdb::Options options;
    options.create_if_missing = true;
    options.compression = rdb::kNoCompression;
    rdb::DB* raw = nullptr;
    check(rdb::DB::Open(options, folder.string(), &raw));
    db_.reset(raw);
    rdb::ColumnFamilyOptions blobs = options;
    blobs.enable_blob_files = true;
    blobs.min_blob_size = 4'096;
    check(db_->CreateColumnFamily(blobs, "records", &records_));
    check(db_->CreateColumnFamily(options, "tokens", &tokens_));
  }
  ~Receiver() {
    db_->DestroyColumnFamilyHandle(records_);
    db_->DestroyColumnFamilyHandle(tokens_);
    EVP_MD_CTX_free(context_);
    EVP_MD_free(digest_);
  }
  std::uint64_t run(Connection& connection) {
    std::uint64_t count = 0;
    for (;;) {
      const std::string frame = connection.frame();
      if (frame.empty()) break;
      v1::Data data;
      if (!data.ParseFromString(frame)) throw std::runtime_error("parse");
      count += take(data, count);
    }
    ingest();
    return count;
  }

 private:
  void hash(std::string_view bytes) {
    unsigned char out[32];
    unsigned size = 32;
    EVP_DigestInit_ex2(context_, digest_, nullptr);
    EVP_DigestUpdate(context_, bytes.data(), bytes.size());
    EVP_DigestFinal_ex(context_, out, &size);
  }
  std::uint64_t take(const v1::Data& data, std::uint64_t first) {
    const std::size_t count = data.headers().size() / 48;
    rdb::WriteBatch batch;
    std::size_t at = 0;
    const std::string_view bodies = data.bodies();
    for (std::size_t i = 0; i < count; ++i) {
      const auto header =
          parse_header(as_bytes(std::string_view(data.headers()).substr(i * 48, 48)));
      const std::string_view body = bodies.substr(at, header->body_size);
      at += header->body_size;
      hash(std::string_view(data.headers()).substr(i * 48, 48));
      hash(body);
      const auto token = token_of(as_bytes(body));
      std::string key(as_text(token.value()));
      if (index_ == TokenIndex::memtable) {
        const std::uint64_t place = first + i;
        check(batch.Put(tokens_, key, {reinterpret_cast<const char*>(&place), 8}));
      } else {
        run_.emplace_back(std::move(key), first + i);
      }
    }
    const std::string key = std::to_string(first);
    check(batch.Put(records_, "h" + key, data.headers()));
    check(batch.Put(records_, "b" + key, data.bodies()));
    rdb::WriteOptions durable;
    durable.sync = true;
    check(db_->Write(durable, &batch));
    if (run_.size() >= 100'000) ingest();
    return count;
  }
  void ingest() {
    if (run_.empty()) return;
    std::sort(run_.begin(), run_.end());
    const std::string file = (folder_ / "run.ingest").string();
    rdb::SstFileWriter writer(rdb::EnvOptions(), db_->GetOptions(tokens_), tokens_);
    check(writer.Open(file));
    for (const auto& [key, place] : run_)
      check(writer.Put(key, {reinterpret_cast<const char*>(&place), 8}));
    check(writer.Finish());
    rdb::IngestExternalFileOptions options;
    options.move_files = true;
    check(db_->IngestExternalFile(tokens_, {file}, options));
    run_.clear();
  }

  TokenIndex index_;
  std::filesystem::path folder_;
  std::unique_ptr<rdb::DB> db_;
  rdb::ColumnFamilyHandle* records_ = nullptr;
  rdb::ColumnFamilyHandle* tokens_ = nullptr;
  std::vector<std::pair<std::string, std::uint64_t>> run_;
  EVP_MD* digest_ = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* context_ = EVP_MD_CTX_new();
};

int listen_on_loopback(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd, 1) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("listen");
  port = ntohs(address.sin_port);
  return fd;
}

int connect_to_loopback(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("connect");
  return fd;
}

}  // namespace

double bare_sync(const std::filesystem::path& sender_data, const std::filesystem::path& receiver,
                 TokenIndex index) {
  const auto seed = keys::SecretBytes::copy_of(ByteArray<32>{5});
  const auto any = [](const Hash&) { return true; };
  peers::TlsContext server(peers::TlsContext::Side::listener, seed, any);
  peers::TlsContext client(peers::TlsContext::Side::caller, seed, any);
  std::uint16_t port = 0;
  const int listener = listen_on_loopback(port);
  std::thread sender([&] {
    Connection connection;
    connection.fd = ::accept(listener, nullptr, nullptr);
    connection.tls = SSL_new(server.native());
    SSL_set_fd(connection.tls, connection.fd);
    if (SSL_accept(connection.tls) == 1) send(sender_data, connection);
  });
  std::uint64_t count = 0;
  Receiver sink(receiver, index);
  const Stopwatch clock;
  {
    Connection connection;
    connection.fd = connect_to_loopback(port);
    connection.tls = SSL_new(client.native());
    SSL_set_fd(connection.tls, connection.fd);
    if (SSL_connect(connection.tls) != 1) throw std::runtime_error("TLS");
    count = sink.run(connection);
  }
  const double seconds = clock.seconds();
  sender.join();
  ::close(listener);
  return static_cast<double>(count) / seconds;
}

}  // namespace bakhita::bench
