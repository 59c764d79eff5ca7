#!/usr/bin/env python3
"""make bench-console: the API behind the console's pages at its full size. Prints the figures, writes build/console.json.

    console.py [--records 1000000] [--servers 500] [--tools 40] [--days 30] [--rounds 20] [--keep DIR]

Makes a data folder (tests/perf/records.c), a server of MCP with so many paths, and a gate before all of them; then asks
each GET that a page of the console asks, in turns, and says how long the answer took at the server's socket: median,
99th percentile and maximum beside the bar of 200 ms. Exit code 1 when a 99th percentile is over it. Loopback only.
"""
import argparse
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from datetime import datetime, timedelta, timezone

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build"))
BAR_MS = 200
VERBS = ["read", "list", "search", "create", "update", "delete", "send", "query"]
GRANTS = 60
POLICY = {"version": "1", "default": "allow", "tools": {f"delete_thing_{i:02}": {"require": [{"conditions": [
    {"path": "args.path", "op": "path_within", "value": ["/srv/shared"]}], "on_deny": "only below /srv/shared"}]} for i in (5, 13, 21, 29, 37)}}


def tools_of(number, n):
    """Names as tests/perf/records.c has them."""
    return [{"name": f"{VERBS[i % len(VERBS)]}_thing_{i:02}", "title": f"Thing {i}",
             "description": f"{VERBS[i % len(VERBS)].capitalize()} things of kind {i} at service {number}. Give the path of the thing, and how "
                            "many at most. Answers with one line for each thing that fits, the newest first.",
             "inputSchema": {"type": "object", "required": ["path"], "properties": {
                 "path": {"type": "string", "description": "Where the thing is"}, "limit": {"type": "integer", "minimum": 1, "maximum": 100},
                 "format": {"type": "string", "enum": ["text", "json"]}}}} for i in range(n)]


class Many(http.server.BaseHTTPRequestHandler):
    """A server of MCP at each path /0 … /499: enough of 2025-06-18 for a list of tools."""
    protocol_version = "HTTP/1.1"
    tools = 40

    def answer(self, status, body=None):
        text = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        if body is not None:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        m = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        number = int(self.path.strip("/"))
        if "id" not in m:
            return self.answer(202)
        if m["method"] == "initialize":
            result = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": f"many-{number}", "version": "1"}}
        elif m["method"] == "tools/list":
            result = {"tools": tools_of(number, self.tools)}
        else:
            return self.answer(200, {"jsonrpc": "2.0", "id": m["id"], "error": {"code": -32601, "message": "no such method"}})
        return self.answer(200, {"jsonrpc": "2.0", "id": m["id"], "result": result})

    def do_GET(self):
        self.answer(405)

    def do_DELETE(self):
        self.answer(200)

    def log_message(self, *_):
        pass


class Listening(http.server.ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a gate that ends leaves its connections


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("gate", timeout=600)  # the first list of 500 servers is kept, one by one
        self.unix = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.unix)


class Api:
    def __init__(self, path):
        self.connection = Unix(path)

    def call(self, method, target, body=None):
        text = None if body is None else json.dumps(body)
        start = time.perf_counter()
        self.connection.request(method, "/api/v1" + target, text, {"Content-Type": "application/json"} if text else {})
        r = self.connection.getresponse()
        data = r.read()
        ms = (time.perf_counter() - start) * 1000
        if r.status >= 400:
            sys.exit(f"{method} {target}: {r.status} {data[:400].decode()}")
        return ms, data

    def get(self, target):
        return json.loads(self.call("GET", target)[1])


def make_folder(folder, a, port):
    """Records, and the file that names all servers, one policy and the grants of the records."""
    data = folder / "data"
    made = {}
    if not data.exists():
        data.mkdir(parents=True)
        start = time.monotonic()
        out = subprocess.run([BUILD / "tests/perf/bench_records", data, str(a.records), str(a.servers), str(a.tools), str(a.days)],
                             check=True, stdout=subprocess.PIPE, text=True).stdout
        made = json.loads(out) | {"made_s": round(time.monotonic() - start, 1)}
    config = {"listen": "127.0.0.1:0", "data_dir": str(data), "records": {"retention": "365d"},
              "servers": {f"server-{i:03}": {"url": f"http://127.0.0.1:{port}/{i}"} for i in range(a.servers)},
              "policies": {"team": {"file": "team.json"}}}
    (folder / "team.json").write_text(json.dumps(POLICY))
    (folder / "gatehouse.json").write_text(json.dumps(config))
    return data, made


def start_gate(folder):
    log = open(folder / "gate.log", "w")
    gate = subprocess.Popen([BUILD / "gatehouse", "up", "--config", folder / "gatehouse.json"], stdout=subprocess.PIPE, stderr=log, text=True)
    for line in gate.stdout:
        if re.search(r"127\.0\.0\.1:[1-9]", line):
            threading.Thread(target=gate.stdout.read, daemon=True).start()
            return gate
    sys.exit((folder / "gate.log").read_text()[-2000:])


def time_text(days):
    return urllib.parse.quote((datetime.now(timezone.utc) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ"))


def questions(api, a):
    """What each page asks, and what its filters can make of it."""
    record = api.get("/records?limit=1")["records"][0]
    grant = api.get("/grants?limit=1")["grants"][0]["id"]
    day, week, month = time_text(1), time_text(7), time_text(a.days)
    server, tool = f"server-{a.servers // 2:03}", "search_thing_10"
    records = ["", "limit=200", f"server={server}", f"server=server-{a.servers - 1:03}&decision=deny", f"tool={tool}", "decision=deny", "outcome=timeout",
               "outcome=pending", f"grant=agent-07&tool={tool}", f"grant={grant}", "rule=/tools/query_thing_39/require/0", "q=nothing+like+it", "q=shared",
               "subject=person3%40example.com", "subject=nobody", f"since={week}&decision=deny&server={server}", f"until={week}"]
    tools = ["limit=200", "q=things", "q=nothing+like+it", "severity=high", "category=destructive&sort=name", f"server={server}", "sort=-calls&limit=200",
             "grant=agent-07", "grant=agent-07&decision=deny", "limit=200&cursor=10000"]
    stats = [f"since={s}&by={by}" for s in (day, week, month) for by in ("decision", "outcome", "server", "tool", "grant", "rule")]
    plain = ["/session", "/status", "/servers?limit=200", f"/servers/{server}", "/grants?limit=200", f"/grants/{grant}", "/policies?limit=200", "/policies/team",
             "/pins", f"/tools/{server}/{tool}", f"/records/{record['id']}", "/approvals", "/users", "/tokens", "/settings", "/audit", "/changes", "/limits"]
    return plain + [f"/records?{q}" for q in records] + [f"/tools?{q}" for q in tools] + [f"/stats?{q}" for q in stats]


def prepare(api, a):
    """Grants with the labels of the records, tools of all servers known, hours and days summed up."""
    have = api.get("/grants?limit=1").get("total", 0)
    for g in range(have, GRANTS):
        bindings = [{"server": f"server-{(g + 17 * k) % a.servers:03}", "policy": "team"} for k in range(8)]
        api.call("POST", "/grants", {"label": f"agent-{g:02}", "bindings": bindings})
    deadline = time.monotonic() + 300
    while (unknown := api.get("/tools?limit=1")["unknown_servers"]) and time.monotonic() < deadline:
        time.sleep(0.2)
    if unknown:
        sys.exit(f"the tools of {unknown} servers stay unknown")
    total = api.get("/tools?limit=1")["total"]
    last, same = None, 0
    while same < 3 and time.monotonic() < deadline:  # the mover makes these when it has nothing else to do
        time.sleep(1)
        now = sqlite_count(a.data)
        same = same + 1 if now == last else 0
        last = now
    return total


def sqlite_count(data):
    import sqlite3
    db = sqlite3.connect(f"file:{data}/gatehouse.db?mode=ro", uri=True)
    n = db.execute("SELECT count(*) FROM stats_topped").fetchone()[0]
    db.close()
    return n


def measure(api, paths, rounds):
    times = {p: [] for p in paths}
    for p in paths:
        api.call("GET", p)
    for _ in range(rounds):
        for p in paths:
            times[p].append(api.call("GET", p)[0])
    rows = []
    for p, v in times.items():
        v.sort()
        rows.append({"path": re.sub(r"20\d\d-[^&]*", "…", p), "p50_ms": round(v[len(v) // 2], 1), "p99_ms": round(v[min(len(v) - 1, int(len(v) * .99))], 1),
                     "max_ms": round(v[-1], 1)})
    return rows


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--records", type=int, default=1000000)
    p.add_argument("--servers", type=int, default=500)
    p.add_argument("--tools", type=int, default=40, help="of each server")
    p.add_argument("--days", type=int, default=30)
    p.add_argument("--rounds", type=int, default=20)
    p.add_argument("--keep", help="folder for the data; what is there is used again")
    a = p.parse_args()
    folder = pathlib.Path(a.keep or tempfile.mkdtemp(prefix="bench-console-"))
    folder.mkdir(parents=True, exist_ok=True)
    Many.tools = a.tools
    server = Listening(("127.0.0.1", 0), Many)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    out = {"cores": os.cpu_count(), "load_before": round(os.getloadavg()[0], 2), "records": a.records, "servers": a.servers, "bar_ms": BAR_MS}
    gate = None
    try:
        a.data, out["made"] = make_folder(folder, a, server.server_port)
        gate = start_gate(folder)
        api = Api(str(a.data / "admin.sock"))
        out["tools"] = prepare(api, a)
        out["paths"] = measure(api, questions(api, a), a.rounds)
    finally:
        if gate:
            gate.terminate()
            try:
                gate.wait(120)
            except subprocess.TimeoutExpired:
                gate.kill()
        if not a.keep:
            shutil.rmtree(folder, ignore_errors=True)
    over = [r for r in out["paths"] if r["p99_ms"] > BAR_MS]
    out["over"] = len(over)
    (BUILD / "console.json").write_text(json.dumps(out, indent=1) + "\n")
    print(f"{a.records} records, {a.servers} servers, {out['tools']} tools; {out['cores']} cores, load before {out['load_before']}; bar {BAR_MS} ms")
    for r in sorted(out["paths"], key=lambda r: -r["p99_ms"]):
        print(f"{'OVER ' if r['p99_ms'] > BAR_MS else '     '}{r['p50_ms']:8.1f} {r['p99_ms']:8.1f} {r['max_ms']:8.1f}  {r['path']}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
