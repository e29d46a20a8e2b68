# SPDX-License-Identifier: EUPL-1.2
"""A bad network: a proxy in front of each node, through which all others must go, and the weather in it.

TCP hides loss, so what a session meets is: bytes that come late, in pieces, altered, or not at all; connections that end;
and a way that is closed in one direction, or in both, for a while.
"""
import asyncio
import collections
import os
import random
import threading

READ = 64 * 1024
LATE = (0.005, 0.25)  # seconds that a chunk may wait
PIECE, PAUSE = (1, 40), 0.01  # of a trickle: some kilobytes a second, near what a session takes for dead
TRICKLED = 20_000  # bytes, then the connection has recovered
CUT_AFTER, CORRUPT_AFTER = (200, 60_000), (2_000, 60_000)
TEMPERS = {"plain": 8, "delay": 4, "trickle": 2, "cut": 3, "corrupt": 2}


class Weather:
    """What is wrong now. Counts each fault by its kind as it strikes."""

    def __init__(self, seed):
        self.chance = random.Random(f"{seed} weather")
        self.calm = True
        self.closed = collections.Counter()  # (from, to): nothing passes
        self.faults = collections.Counter()

    def temper(self):
        """What a new connection will suffer."""
        return self.chance.choices(list(TEMPERS), list(TEMPERS.values()))[0]

    def close_way(self, source, target):
        self.closed[(source, target)] += 1

    def open_way(self, source, target):
        self.closed[(source, target)] -= 1

    def is_closed(self, source, target):
        return not self.calm and self.closed[(source, target)] > 0


class Connection:
    """One direction of one connection, byte by byte as the weather lets them through."""

    def __init__(self, weather, source, target):
        self.weather = weather
        self.way = (source, target)
        self.temper = weather.temper()
        chance = weather.chance
        self.trouble_at = chance.randint(*CUT_AFTER if self.temper == "cut" else CORRUPT_AFTER)
        self.passed = 0
        self.struck = False

    def strike(self, kind):
        if not self.struck:
            self.weather.faults[kind] += 1
        self.struck = True

    async def carry(self, reader, writer):
        while data := await reader.read(READ):
            while self.weather.is_closed(*self.way):
                await asyncio.sleep(0.05)
            if not self.weather.calm:
                data = await self.suffer(data, writer)
            if data is None:
                return
            writer.write(data)
            await writer.drain()
            self.passed += len(data)

    async def suffer(self, data, writer):
        """What is left to write; None when the connection is to end."""
        if self.temper == "delay":
            self.strike("delay")
            await asyncio.sleep(self.weather.chance.uniform(*LATE))
        elif self.temper == "trickle" and self.passed < TRICKLED:
            self.strike("trickle")
            return await self.trickle(data, writer)
        elif self.temper == "cut" and self.passed + len(data) >= self.trouble_at:
            self.strike("cut")
            writer.write(data[:max(0, self.trouble_at - self.passed)])
            await writer.drain()
            return None
        elif self.temper == "corrupt" and not self.struck and self.passed + len(data) > self.trouble_at:
            self.strike("corrupt")
            at = max(0, self.trouble_at - self.passed)
            return data[:at] + bytes([data[at] ^ 1 << self.weather.chance.randrange(8)]) + data[at + 1:]
        return data

    async def trickle(self, data, writer):
        while data and not self.weather.calm and self.passed < TRICKLED:
            size = self.weather.chance.randint(*PIECE)
            writer.write(data[:size])
            await writer.drain()
            data = data[size:]
            self.passed += size
            await asyncio.sleep(PAUSE)
        return data


def owner_of(port, processes):
    """Which of the processes (name → pid) connected from this local port; None when it is gone already."""
    local = f"0100007F:{port:04X}"
    with open("/proc/net/tcp") as table:
        inodes = {fields[9] for fields in map(str.split, table) if fields[1] == local}
    sockets = {f"socket:[{inode}]" for inode in inodes}
    for name, pid in processes.items():
        try:
            if any(os.readlink(entry.path) in sockets for entry in os.scandir(f"/proc/{pid}/fd")):
                return name
        except OSError:
            continue  # the process, or one of its files, has just gone
    return None


class Network:
    """A proxy for each node, on a thread of its own."""

    def __init__(self, weather, processes):
        self.weather = weather
        self.processes = processes  # () → {country: pid}
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def in_front_of(self, country, port):
        """The port of a new proxy through which this node is reached."""
        return asyncio.run_coroutine_threadsafe(self._listen(country, port), self.loop).result()

    async def _listen(self, country, port):
        server = await asyncio.start_server(lambda reader, writer: self._serve(country, port, reader, writer), "127.0.0.1", 0)
        return server.sockets[0].getsockname()[1]

    async def _serve(self, country, port, reader, writer):
        caller = owner_of(writer.get_extra_info("peername")[1], self.processes())
        others = []
        try:
            there, back = await asyncio.open_connection("127.0.0.1", port)
            others.append(back)
            ways = [asyncio.ensure_future(Connection(self.weather, *way).carry(*streams)) for way, streams in (
                ((caller, country), (reader, back)), ((country, caller), (there, writer)))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            pass  # the node is down: the caller sees the connection end
        finally:
            for end in (writer, *others):
                end.close()

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
