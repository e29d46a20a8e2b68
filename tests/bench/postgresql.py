# SPDX-License-Identifier: EUPL-1.2
"""The peer of the sync benchmark: a million rows of the same sizes through PostgreSQL's logical
replication, over TLS on loopback, durable and indexed at the subscriber. Prints JSON lines like the
benchmark programs. postgresql.py [ROWS]"""
import glob
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROWS_IN_TRANSACTION = 700  # what a frame of the node's own exchange holds

SETTINGS = """
listen_addresses = 'localhost'
port = {port}
unix_socket_directories = '{folder}'
wal_level = logical
wal_retrieve_retry_interval = 10ms
max_wal_size = 8GB
shared_buffers = 1GB
ssl = on
ssl_min_protocol_version = 'TLSv1.3'
ssl_cert_file = '{folder}/server.crt'
ssl_key_file = '{folder}/server.key'
"""

TABLE = """create table record (sequence bigint primary key, header bytea not null,
  token bytea not null, body bytea not null);
create index on record (token);"""

# Random bytes of any length, without an extension: sha256 of counters.
FILL = """do $$ begin for batch in 0..{batches} loop
  insert into record select n, substr(sha256(int8send(n)) || sha256(int8send(-n)), 1, 48),
    sha256(int8send(n + 1000000000)),
    substr(string_agg(sha256(int8send(n * 8 + 2000000000 + k)), ''), 1, 208)
    from generate_series(batch * {step}::bigint, (batch + 1) * {step} - 1) n,
      generate_series(1, 7) k where n < {rows} group by n order by n;
  commit; end loop; end $$;"""


def find_programs():
    """The folder with initdb and postgres, or None."""
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    return next((f for f in folders if os.path.exists(f + "/initdb")
                 and os.path.exists(f + "/psql")), None)


class Server:
    def __init__(self, programs, folder, user):
        self.programs, self.folder, self.user = programs, folder, user
        os.makedirs(folder, mode=0o700)
        self.port = free_port()
        if user:
            shutil.chown(folder, user)
        self.run("initdb", "-D", folder + "/data", "-U", "bench", "-A", "trust", "--data-checksums")
        self.call("openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=localhost",
                  "-days", "2", "-keyout", folder + "/server.key", "-out", folder + "/server.crt")
        with open(folder + "/data/postgresql.conf", "a") as conf:
            conf.write(SETTINGS.format(port=self.port, folder=folder))
        self.run("pg_ctl", "-D", folder + "/data", "-w", "-l", folder + "/log", "start")

    def call(self, *command):
        if self.user:
            command = ("runuser", "-u", self.user, "--") + command
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                       cwd=self.folder)

    def run(self, program, *arguments):
        self.call(os.path.join(self.programs, program), *arguments)

    def sql(self, text):
        done = subprocess.run(
            [self.programs + "/psql", "-h", "localhost", "-p", str(self.port), "-U", "bench",
             "-d", "postgres", "-qAt", "-v", "ON_ERROR_STOP=1"],
            input=text, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return done.stdout.strip()

    def stop(self):
        self.run("pg_ctl", "-D", self.folder + "/data", "-m", "immediate", "stop")


def free_port():
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


def wait_for(rows, server):
    started = time.monotonic()
    # The subscriber's statistics do not count rows that are not committed; the key's maximum is cheap.
    while int(server.sql("select coalesce(max(sequence), -1) from record") or -1) < rows - 1:
        time.sleep(0.02)
    return rows / (time.monotonic() - started)


def subscribe(subscriber, publisher, name, options):
    subscriber.sql(
        f"create subscription {name} connection 'host=localhost port={publisher.port} user=bench "
        f"dbname=postgres sslmode=require' publication everything with ({options})")


def measure(rows, programs, scratch, user):
    publisher = Server(programs, scratch + "/publisher", user)
    subscriber = Server(programs, scratch + "/subscriber", user)
    try:
        for server in (publisher, subscriber):
            server.sql(TABLE)
        publisher.sql("create publication everything for table record")
        subscribe(subscriber, publisher, "changes",
                  "copy_data = false, synchronous_commit = on, binary = true")
        subscriber.sql("alter subscription changes disable")
        publisher.sql(FILL.format(batches=rows // ROWS_IN_TRANSACTION, step=ROWS_IN_TRANSACTION,
                                  rows=rows))
        publisher.sql("checkpoint")
        subscriber.sql("alter subscription changes enable")
        changes = wait_for(rows, subscriber)
        subscriber.sql("drop subscription changes; truncate record; checkpoint")
        started = time.monotonic()
        subscribe(subscriber, publisher, "copy", "copy_data = true")
        while subscriber.sql("select srsubstate from pg_subscription_rel") != "r":
            time.sleep(0.02)
        copied = rows / (time.monotonic() - started)
        assert int(subscriber.sql("select count(*) from record")) == rows
        return changes, copied
    finally:
        for server in (publisher, subscriber):
            server.stop()


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    programs = find_programs()
    if programs is None:
        print("PostgreSQL is not installed (postgresql-15): sync is not compared with it",
              file=sys.stderr)
        return
    user = None
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = "postgres"
        pwd.getpwnam(user)
    scratch = tempfile.mkdtemp(prefix="bakhita-postgresql-")
    os.chmod(scratch, 0o755)
    if user:
        shutil.chown(scratch, user)
    try:
        changes, copied = measure(rows, programs, scratch, user)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    for figure, value in (("PostgreSQL logical replication, changes applied", changes),
                          ("PostgreSQL logical replication, initial copy", copied)):
        print(json.dumps({"figure": figure, "value": round(value), "unit": "records/s",
                          "records": rows}))


if __name__ == "__main__":
    main()
