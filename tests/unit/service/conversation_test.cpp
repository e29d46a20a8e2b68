// SPDX-License-Identifier: EUPL-1.2
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>

#include "node/service/client.h"
#include "node/service/frame.h"
#include "node/service/server.h"

namespace bakhita::service {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

class AdminSocket : public testing::Test {
 protected:
  AdminSocket() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / (std::string("service_") + info->name());
    fs::remove_all(folder_);
  }
  ~AdminSocket() override { fs::remove_all(folder_); }
  fs::path path() const { return folder_ / "admin.sock"; }
  Client client() const { return Client(path(), seconds(20)); }

 private:
  fs::path folder_;
};

Request lookup(const std::string& value) {
  Request request;
  request.mutable_lookup()->set_value(value);
  return request;
}

void answer(Connection& connection, const std::string& text) {
  Response response;
  response.set_done(true);
  response.mutable_ok()->set_message(text);
  connection.send(response);
}

void echo(const Request& request, Connection& connection) {
  answer(connection, request.lookup().value());
}

/// Takes rows until the end and tells after each batch how many there were, as an import does.
void count_rows(const Request&, Connection& connection) {
  std::uint64_t rows = 0;
  while (const auto request = connection.receive()) {
    rows += static_cast<std::uint64_t>(request->import_rows().rows_size());
    Response response;
    response.set_done(request->has_import_end());
    response.mutable_import_progress()->set_created(rows);
    connection.send(response);
    if (response.done()) return;
  }
}

int raw_connection(const fs::path& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.string().copy(name.sun_path, sizeof name.sun_path - 1);
  EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  return fd;
}

TEST_F(AdminSocket, AnswersSeveralRequestsOfOneClientInTurn) {
  Server server(path(), echo);
  Client asking = client();
  EXPECT_EQ(asking.call(lookup("one")).ok().message(), "one");
  EXPECT_EQ(asking.call(lookup("two")).ok().message(), "two");
}

TEST_F(AdminSocket, IsOpenToItsOwnerOnly) {
  Server server(path(), echo);
  struct stat file {
  }, folder{};
  ASSERT_EQ(::stat(path().c_str(), &file), 0);
  ASSERT_EQ(::stat(path().parent_path().c_str(), &folder), 0);
  EXPECT_EQ(file.st_mode & 0777u, 0600u);
  EXPECT_EQ(folder.st_mode & 0777u, 0700u);
}

TEST_F(AdminSocket, TellsTheHandlerWhoAsks) {
  Credentials seen;
  Server server(path(), [&](const Request& request, Connection& connection) {
    seen = connection.credentials();
    echo(request, connection);
  });
  client().call(lookup("x"));
  EXPECT_EQ(seen.uid, ::getuid());
  EXPECT_EQ(seen.pid, ::getpid());
}

TEST_F(AdminSocket, RefusesUsersThatMayNotAsk) {
  std::atomic<bool> reached = false;
  Server server(path(), [&](const Request&, Connection&) { reached = true; },
                {.admits = [](const Credentials&) { return false; }});
  try {
    client().call(lookup("x"));
    FAIL() << "was answered";
  } catch (const RequestError& error) {
    EXPECT_EQ(error.code(), 6u);
  }
  EXPECT_FALSE(reached);
}

TEST_F(AdminSocket, CarriesAHandlersRefusalWithItsCodeAndHelp) {
  Server server(path(), [](const Request&, Connection&) {
    throw RequestError(4, "no such report", "see the list");
  });
  try {
    client().call(lookup("x"));
    FAIL() << "was answered";
  } catch (const RequestError& error) {
    EXPECT_EQ(error.code(), 4u);
    EXPECT_STREQ(error.what(), "no such report");
    EXPECT_EQ(error.help(), "see the list");
  }
}

TEST_F(AdminSocket, TurnsAnyExceptionIntoAFailureAndServesOn) {
  Server server(path(), [](const Request& request, Connection& connection) {
    if (request.lookup().value() == "bad") throw std::runtime_error("broke");
    echo(request, connection);
  });
  EXPECT_THROW(client().call(lookup("bad")), RequestError);
  EXPECT_EQ(client().call(lookup("good")).ok().message(), "good");
}

TEST_F(AdminSocket, StreamsAnImportWithoutEitherSideWaitingForTheOther) {
  Server server(path(), count_rows);
  Client importing = client();
  Request begin, rows, end;
  begin.mutable_import_begin();
  end.mutable_import_end();
  for (int i = 0; i < 100; ++i)
    rows.mutable_import_rows()->add_rows()->mutable_report()->set_narrative(std::string(2000, 'n'));
  importing.send(begin);
  constexpr int batches = 400;  // 80 MB: far more than both socket buffers hold
  for (int i = 0; i < batches; ++i) importing.send(rows);
  importing.send(end);
  Response last;
  int answers = 0;
  do {
    last = importing.receive();
    ++answers;
  } while (!last.done());
  EXPECT_EQ(answers, batches + 1);
  EXPECT_EQ(last.import_progress().created(), batches * 100u);
}

TEST_F(AdminSocket, TellsAClientThatStillSendsWhyTheImportEnded) {
  Server server(path(), [](const Request&, Connection& connection) {
    connection.receive();
    throw RequestError(5, "the disk is full");
  });
  Client importing = client();
  Request rows;
  rows.mutable_import_rows()->add_rows()->mutable_report()->set_narrative(
      std::string(1 << 20, 'n'));
  try {
    for (int i = 0; i < 1000; ++i) importing.send(rows);
    FAIL() << "nobody objected";
  } catch (const RequestError& error) {
    EXPECT_EQ(error.code(), 5u);
  }
}

TEST_F(AdminSocket, TakesThePlaceOfASocketThatADeadDaemonLeft) {
  { Server server(path(), echo); }
  fs::create_directories(path().parent_path());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path().string().copy(name.sun_path, sizeof name.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  ::close(fd);
  EXPECT_THROW(client(), NotRunning);
  Server server(path(), echo);
  EXPECT_EQ(client().call(lookup("x")).ok().message(), "x");
}

TEST_F(AdminSocket, IsNotTakenFromADaemonThatLives) {
  Server first(path(), echo);
  EXPECT_THROW(Server(path(), echo), ServiceError);
  EXPECT_EQ(client().call(lookup("x")).ok().message(), "x");
}

TEST_F(AdminSocket, DoesNotReplaceAFileThatIsNoSocket) {
  fs::create_directories(path().parent_path());
  fs::permissions(path().parent_path(), fs::perms::owner_all);
  std::ofstream(path()) << "precious";
  EXPECT_THROW(Server(path(), echo), ServiceError);
  EXPECT_EQ(fs::file_size(path()), 8u);
}

TEST_F(AdminSocket, RefusesAFolderInWhichOthersCouldSwapIt) {
  fs::create_directories(path().parent_path());
  fs::permissions(path().parent_path(), fs::perms::all);
  EXPECT_THROW(Server(path(), echo), ServiceError);
}

TEST_F(AdminSocket, WorksAtPathsLongerThanASocketAddress) {
  const fs::path deep = path().parent_path() / std::string(120, 'd') / "admin.sock";
  Server server(deep, echo);
  Client asking(deep, seconds(20));
  EXPECT_EQ(asking.call(lookup("x")).ok().message(), "x");
}

TEST_F(AdminSocket, SaysThatNobodyListens) { EXPECT_THROW(client(), NotRunning); }

TEST_F(AdminSocket, RefusesAnOversizedFrameFromItsLengthAlone) {
  Server server(path(), echo);
  const int fd = raw_connection(path());
  ASSERT_EQ(::send(fd, "\xff\xff\xff\xff", 4, 0), 4);
  const auto reply = read_frame(fd);
  ASSERT_TRUE(reply);
  Response response;
  ASSERT_TRUE(response.ParseFromString(*reply));
  EXPECT_TRUE(response.has_failure());
  EXPECT_FALSE(read_frame(fd));
  ::close(fd);
}

TEST_F(AdminSocket, SurvivesGarbageAndFramesCutShort) {
  Server server(path(), echo);
  for (const std::string& bytes : {std::string("\0\0\0\5\xff\xff\xff\xff\xff", 9),
                                   std::string("\0\0\1\0ab", 6), std::string("\0", 1)}) {
    const int fd = raw_connection(path());
    ASSERT_EQ(::send(fd, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    ::shutdown(fd, SHUT_WR);
    const auto reply = read_frame(fd);
    Response response;
    ASSERT_TRUE(reply && response.ParseFromString(*reply));
    EXPECT_TRUE(response.has_failure());
    ::close(fd);
  }
  EXPECT_EQ(client().call(lookup("x")).ok().message(), "x");
}

TEST_F(AdminSocket, TellsClientsAboveTheCapToTryAgain) {
  std::promise<void> inside, release;
  auto released = release.get_future().share();
  Server server(path(),
                [&](const Request& request, Connection& connection) {
                  inside.set_value();
                  released.wait();
                  echo(request, connection);
                },
                {.connections_max = 1, .admits = {}});
  Client first = client();
  first.send(lookup("first"));
  inside.get_future().wait();
  try {
    client().receive();
    ADD_FAILURE() << "was admitted";
  } catch (const RequestError& error) {
    EXPECT_EQ(error.code(), 75u);
  }
  release.set_value();
  EXPECT_EQ(first.receive().ok().message(), "first");
}

TEST_F(AdminSocket, StopsWhileAHandlerWaitsForItsClient) {
  std::promise<void> inside;
  Server server(path(), [&](const Request&, Connection& connection) {
    inside.set_value();
    EXPECT_FALSE(connection.receive());
  });
  Client waiting = client();
  waiting.send(lookup("x"));
  inside.get_future().wait();
  server.stop();
  EXPECT_THROW(waiting.receive(), ServiceError);
  EXPECT_FALSE(fs::exists(path()));
}

TEST_F(AdminSocket, GivesUpOnADaemonThatStaysSilent) {
  std::promise<void> release;
  auto released = release.get_future().share();
  Server server(path(), [&](const Request&, Connection&) { released.wait(); });
  Client impatient(path(), milliseconds(20));
  EXPECT_THROW(impatient.call(lookup("x")), TimedOut);
  release.set_value();
}

}  // namespace
}  // namespace bakhita::service
