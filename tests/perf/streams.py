#!/usr/bin/env python3
"""`make bench-streams`: very many open event streams on one gate, all of them idle.

Clients of MCP 2025-11-25 (a session and a GET each) and of 2026-07-28 (subscriptions/listen),
before a server on stdio and before one on HTTP. For each: the resident memory of the gate for one
stream, how long a change of the server's tools takes to reach all of them, and what is left when
all have gone, twice. Writes build/streams.json; exit code 1 when a bar is not met.

Loopback only. Each stream is a connection here and one in the gate (before HTTP: and another to
the server, for a client with a session): where the limit of open files allows fewer, it says so.

  usage: streams.py [--streams 10000] [--legs NAME,...]
         streams.py --server        the server on stdio
"""
import argparse
import http.client
import json
import os
import pathlib
import re
import resource
import select
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build"
BAR_BYTES = 12 * 1024  # resident, for one stream
BAR_SECONDS = 1.0      # until a change has reached all
BAR_LEFT_BYTES = 512   # for one stream, kept after all have gone, each time again
ROUNDS = 3
SPARE_FILES = 200
PATIENCE_S = 120
CHANGE = "tool_000"  # of both servers: says that the tools have changed
POLICY = {"version": "1", "default": "deny", "tools": {CHANGE: {}}}
TOOLS = {"tools": [{"name": CHANGE, "inputSchema": {"type": "object"}}]}
CHANGED = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}
INFO = {"name": "bench", "version": "1"}
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientInfo": INFO,
        "io.modelcontextprotocol/clientCapabilities": {}}


def serve():
    """The server on stdio: one tool, which says that the tools have changed."""
    for line in sys.stdin:
        m = json.loads(line)
        if "id" not in m or "method" not in m:
            continue
        result = {}
        if m["method"] == "initialize":
            result = {"protocolVersion": m["params"]["protocolVersion"], "serverInfo": INFO,
                      "capabilities": {"tools": {"listChanged": True}}}
        elif m["method"] == "tools/list":
            result = TOOLS
        elif m["method"] == "tools/call":
            print(json.dumps(CHANGED), flush=True)
            result = {"content": []}
        elif m["method"] == "server/discover":
            print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "error": {"code": -32601, "message": "?"}}), flush=True)
            continue
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": result}), flush=True)


class Gate:
    def __init__(self, binary, folder, streams):
        self.folder, self.binary = pathlib.Path(folder), binary
        (self.folder / "gatehouse.yaml").write_text(
            f'listen: "127.0.0.1:0"\nlimits:\n  connections: {streams + 500}\n  streams: {streams}\n'
            "timeouts:\n  resume: 1s\n")

    def command(self, *args):
        r = subprocess.run([self.binary, *args[0].split(), "--data-dir", self.folder / "data", *args[1:]],
                           capture_output=True, text=True)
        if r.returncode:
            raise SystemExit(f"bench-streams: gatehouse {' '.join(args)}: {r.stdout}{r.stderr}")
        return r.stdout

    def start(self, server):
        """server: what stands behind --, or an address."""
        (self.folder / "data").mkdir()
        log = os.open(self.folder / "log", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        out_r, out_w = os.pipe()
        self.pid = os.posix_spawn(self.binary, [str(self.binary), "up", "--config", str(self.folder / "gatehouse.yaml"),
                                  "--data-dir", str(self.folder / "data")], os.environ,
                                  file_actions=[(os.POSIX_SPAWN_DUP2, out_w, 1), (os.POSIX_SPAWN_DUP2, log, 2)])
        os.close(out_w)
        with os.fdopen(out_r) as out:
            found = next((m for line in out if (m := re.search(r"127\.0\.0\.1:([1-9]\d*)", line))), None)
            if not found:
                raise SystemExit("bench-streams: the gate did not start:\n" + (self.folder / "log").read_text()[-2000:])
        self.port = int(found.group(1))
        policy = self.folder / "policy.json"
        policy.write_text(json.dumps(POLICY))
        self.command("server add", "bench", *server)
        self.command("policy apply", "bench", str(policy))
        self.token = json.loads(self.command("grant add", "bench", "--server", "bench=bench", "--json"))["token"]

    def bytes(self):
        fields = dict(x.split(":", 1) for x in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines())
        return int(fields["VmRSS"].split()[0]) * 1024

    def streams(self):
        return json.loads(self.command("status", "--json"))["streams"]

    def stop(self):
        os.kill(self.pid, 15)
        return os.waitpid(self.pid, 0)[1]


def request(method, path, headers, body=b""):
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *[f"{k}: {v}" for k, v in headers.items()]]
    return ("\r\n".join(lines) + f"\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


class Legacy:
    """A session, and a GET of it."""
    def __init__(self, gate):
        self.common = {"Authorization": "Bearer " + gate.token, "Accept": "application/json, text/event-stream"}

    def first(self):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": INFO}}).encode()
        return request("POST", "/mcp/bench", {**self.common, "Content-Type": "application/json"}, body)

    def then(self, answer):
        """What to send after a whole answer; None: the stream is open."""
        if b"text/event-stream" in answer:
            return None
        found = re.search(rb"(?i)mcp-session-id: (\S+)", answer)
        if not found:
            raise SystemExit(f"bench-streams: initialize was answered {answer[:300]!r}")
        return request("GET", "/mcp/bench", {**self.common, "MCP-Protocol-Version": "2025-11-25",
                                             "Mcp-Session-Id": found.group(1).decode()})

    @staticmethod
    def is_whole(answer):
        head, _, body = answer.partition(b"\r\n\r\n")
        if b"text/event-stream" in head:
            return True
        n = re.search(rb"(?i)content-length: (\d+)", head)
        return bool(n) and len(body) >= int(n.group(1))


class Modern:
    """One POST of subscriptions/listen; open once it is acknowledged."""
    def __init__(self, gate):
        self.common = {"Authorization": "Bearer " + gate.token, "Accept": "application/json, text/event-stream",
                       "Content-Type": "application/json", "MCP-Protocol-Version": "2026-07-28",
                       "Mcp-Method": "subscriptions/listen"}

    def first(self):
        body = json.dumps({"jsonrpc": "2.0", "id": "s", "method": "subscriptions/listen", "params": {
            "notifications": {"toolsListChanged": True}, "_meta": META}}).encode()
        return request("POST", "/mcp/bench", self.common, body)

    def then(self, answer):
        if b"acknowledged" not in answer:
            raise SystemExit(f"bench-streams: subscriptions/listen was answered {answer[:400]!r}")

    @staticmethod
    def is_whole(answer):
        return b"acknowledged" in answer or b" 200 " not in answer[:40]


class Crowd:
    """All the clients: one thread, one socket each."""
    AT_ONCE = 200

    def __init__(self, gate, kind):
        self.gate, self.kind = gate, kind(gate)
        self.sockets, self.opened, self.poll = {}, set(), select.epoll()

    def add(self):
        s = socket.create_connection(("127.0.0.1", self.gate.port), 30)
        s.sendall(self.kind.first())
        self.sockets[s.fileno()] = [s, b""]
        self.poll.register(s, select.EPOLLIN)

    def read(self, fd):
        entry = self.sockets[fd]
        data = entry[0].recv(65536)
        if not data:
            raise SystemExit(f"bench-streams: the gate closed a stream: {entry[1][-300:]!r}")
        entry[1] += data
        return entry

    def open(self, n):
        opening = 0
        for fresh in range(n):
            self.add()
            opening += 1
            while opening > (self.AT_ONCE if fresh < n - 1 else 0):
                opening -= self.turn()

    def turn(self):
        done = 0
        ready = self.poll.poll(PATIENCE_S)
        if not ready:
            raise SystemExit("bench-streams: no answer")
        for fd, _ in ready:
            entry = self.read(fd)
            if fd in self.opened or not self.kind.is_whole(entry[1]):
                continue  # an open stream is kept alive by comments
            more = self.kind.then(entry[1])
            entry[1] = b""
            if more:
                entry[0].sendall(more)
            else:
                self.opened.add(fd)
                done += 1
        return done

    def hear(self, text, began):
        """Seconds until each has heard it."""
        left = set(self.sockets)
        while left:
            ready = self.poll.poll(PATIENCE_S)
            if not ready:
                raise SystemExit(f"bench-streams: {len(left)} of {len(self.sockets)} heard nothing")
            for fd, _ in ready:
                if text in self.read(fd)[1]:
                    left.discard(fd)
        for entry in self.sockets.values():
            entry[1] = b""
        return time.monotonic() - began

    def close(self):
        for s, _ in self.sockets.values():
            s.close()
        self.sockets, self.opened = {}, set()


def call_change(gate):
    """From a client that has no stream."""
    c = http.client.HTTPConnection("127.0.0.1", gate.port, timeout=30)
    headers = {"Authorization": "Bearer " + gate.token, "Accept": "application/json, text/event-stream",
               "Content-Type": "application/json"}

    def post(message):
        c.request("POST", "/mcp/bench", json.dumps({"jsonrpc": "2.0", "id": 1, **message}), headers)
        r = c.getresponse()
        text = r.read().decode()
        if r.status != 200:
            raise SystemExit(f"bench-streams: {message['method']} was answered {r.status} {text}")
        return r, text
    r, _ = post({"method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": INFO}})
    headers.update({"Mcp-Session-Id": r.headers["Mcp-Session-Id"], "MCP-Protocol-Version": "2025-11-25"})
    began = time.monotonic()
    _, text = post({"method": "tools/call", "params": {"name": CHANGE, "arguments": {"customer": "ada", "order": 7}}})
    if '"isError":true' in text or '"error"' in text:
        raise SystemExit(f"bench-streams: the call is refused: {text}")
    c.close()
    return began


def settle(gate, want):
    end = time.monotonic() + PATIENCE_S
    while gate.streams() != want:
        if time.monotonic() > end:
            raise SystemExit(f"bench-streams: {gate.streams()} streams are open, not {want}")
        time.sleep(0.1)


def measure(name, server, kind, n):
    with tempfile.TemporaryDirectory(prefix="gatehouse-streams-") as folder:
        gate = Gate(BUILD / "gatehouse", folder, n + 10)
        gate.start(server)
        try:
            result = run(gate, kind, n)
        finally:
            code = gate.stop()
        result.update(streams=n, ended_in_order=code == 0)
        result["passed"] = (result["bytes_each"] <= BAR_BYTES and result["bytes_each_after_change"] <= BAR_BYTES and
                            result["change_s"] <= BAR_SECONDS and result["left_bytes_each"] <= BAR_LEFT_BYTES and code == 0)
        print(f"{name:16} {n:6} streams   {result['bytes_each'] / 1024:5.1f} KiB each idle   "
              f"{result['bytes_each_after_change'] / 1024:5.1f} KiB after a change   change to all in {result['change_s']:.3f} s   "
              f"left of each {result['left_bytes_each']} B   {'ok' if result['passed'] else 'OVER THE BAR'}", flush=True)
        return result


def run(gate, kind, n):
    crowd = Crowd(gate, kind)
    call_change(gate)  # the server has started, and what is made once is made
    crowd.open(5)
    crowd.close()
    settle(gate, 0)
    base, rounds = gate.bytes(), []
    for _ in range(ROUNDS):
        began = time.monotonic()
        crowd.open(n)
        opened = time.monotonic() - began
        settle(gate, n)
        idle = gate.bytes()
        took = crowd.hear(b"tools/list_changed", call_change(gate))
        after = gate.bytes()
        crowd.close()
        settle(gate, 0)
        rounds.append((opened, idle, took, after, gate.bytes()))
    opened, idle, _, after, _ = rounds[0]
    left = [r[4] for r in rounds]
    growth = min(b - a for a, b in zip(left, left[1:]))  # a leak grows each time
    return {"open_s": round(opened, 2), "bytes_each": (idle - base) // n, "bytes_each_after_change": (after - base) // n,
            "change_s": round(max(r[2] for r in rounds), 3), "left_bytes_each": max(0, growth) // n,
            "base_bytes": base}


def start_stdio(_):
    return ["--", sys.executable, str(pathlib.Path(__file__).resolve()), "--server"], lambda: None


def start_http(n):
    process = subprocess.Popen([BUILD / "tests/perf/bench_upstream", "1", str(n + 10)], stdout=subprocess.PIPE, text=True)

    def stop():
        process.terminate()
        process.wait()
    return [f"http://127.0.0.1:{int(process.stdout.readline())}/mcp"], stop


def affordable(wanted, files_each):
    """The limit of open files holds for the gate, which takes it over from here."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= wanted * files_each + SPARE_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted * files_each + SPARE_FILES), hard))
        return wanted
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    n = (hard - SPARE_FILES) // files_each
    print(f"{n} streams, not {wanted}: {hard} files may be open at once here, and each stream takes {files_each} of the gate")
    return n


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--streams", type=int, default=10000)
    p.add_argument("--legs", default="")
    p.add_argument("--server", action="store_true")
    a = p.parse_args()
    if a.server:
        serve()
        return
    legs = {"get-stdio": (start_stdio, Legacy, 1), "get-http": (start_http, Legacy, 2),
            "listen-stdio": (start_stdio, Modern, 1), "listen-http": (start_http, Modern, 1)}
    results = {}
    for name, (start, kind, files_each) in legs.items():
        if not a.legs or name in a.legs.split(","):
            n = affordable(a.streams, files_each)
            server, stop = start(n)
            try:
                results[name] = measure(name, server, kind, n)
            finally:
                stop()
    (BUILD / "streams.json").write_text(json.dumps(results, indent=1) + "\n")
    if not all(r["passed"] for r in results.values()):
        raise SystemExit(1)


main()
