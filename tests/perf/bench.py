#!/usr/bin/env python3
"""`make bench`: the same tools/call straight to a server, through nginx, through HAProxy (one
thread each) and through the gate, which judges, counts, validates and records it.

All legs stand at once before the same server and are loaded in turns, so that a noisy
moment of the machine meets all of them. Medians and spread of the rounds go to the
screen and to build/bench.json. Nothing here passes or fails: it measures.

  usage: bench.py [--rounds 5] [--seconds 2] [--connections 1,32,256] [--legs direct,nginx,...]
"""
import argparse
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from gate import Gate

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build"
TOOLS = 50
REVISION = "2025-11-25"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_port(port, process, what, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(f"bench: {what} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.01)
    raise SystemExit(f"bench: {what} does not listen")


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def start_upstream(tools=TOOLS):
    process = subprocess.Popen([BUILD / "tests/perf/bench_upstream", str(tools)], stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline())


class Leg:
    """One way to the server: an address, a session, perhaps a token."""

    def __init__(self, name, port, path="/mcp", token=""):
        self.name, self.port, self.path, self.token, self.session = name, port, path, token, ""

    def post(self, message):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
                   "MCP-Protocol-Version": REVISION}
        if self.session:
            headers["Mcp-Session-Id"] = self.session
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        c.request("POST", self.path, json.dumps(message), headers)
        r = c.getresponse()
        text = r.read().decode()
        c.close()
        return r.status, r.headers, text

    def open(self):
        status, headers, text = self.post({"jsonrpc": "2.0", "id": "open", "method": "initialize", "params": {
            "protocolVersion": REVISION, "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}})
        if status != 200:
            raise SystemExit(f"bench: {self.name}: initialize got {status}: {text}")
        self.session = headers.get("Mcp-Session-Id", "")
        self.post({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def prove(self):
        """A run counts only when calls really reach the server and come back."""
        status, _, text = self.post({"jsonrpc": "2.0", "id": "prove", "method": "tools/call", "params": {
            "name": "tool_007", "arguments": {"customer": "ada", "order": 7}}})
        if status != 200 or "on its way" not in text:
            raise SystemExit(f"bench: {self.name}: the call is not answered: {status} {text}")

    def load(self, connections, seconds):
        env = {**os.environ, "BENCH_SESSION": self.session, "BENCH_TOKEN": self.token}
        out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s",
                              HERE / "call.lua", f"http://127.0.0.1:{self.port}{self.path}"],
                             env=env, capture_output=True, text=True, check=True).stdout
        line = next(x for x in out.splitlines() if x.startswith("BENCH "))
        return json.loads(line[len("BENCH "):])


def start_nginx(folder, target):
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(f"""
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  upstream server_behind {{ server 127.0.0.1:{target}; keepalive 512; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://server_behind; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}
}}
""")
    process = subprocess.Popen(["nginx", "-p", folder, "-c", config], stderr=subprocess.DEVNULL)
    wait_for_port(port, process, "nginx")
    return process, Leg("nginx", port)


def start_haproxy(folder, target):
    port = free_port()
    config = folder / "haproxy.cfg"
    config.write_text(f"""
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend front
  bind 127.0.0.1:{port}
  default_backend back
backend back
  server one 127.0.0.1:{target} pool-max-conn 512
""")
    process = subprocess.Popen(["haproxy", "-db", "-f", config], stderr=subprocess.DEVNULL)
    wait_for_port(port, process, "haproxy")
    return process, Leg("haproxy", port)


def start_gate(folder, target):
    gate = Gate(BUILD / "gatehouse", folder / "gate", target, TOOLS)
    gate.start()
    return gate.process, Leg("gatehouse", gate.port, gate.path, gate.token)


def measure(legs, args):
    """{connections: {leg: [a result a round]}}; the order turns with each round."""
    results = {c: {leg.name: [] for leg in legs} for c in args.connections}
    for leg in legs:
        leg.open()
        leg.prove()
        leg.load(32, 1)
    for number in range(args.rounds):
        for connections in args.connections:
            for leg in legs[number % len(legs):] + legs[:number % len(legs)]:
                r = leg.load(connections, args.seconds)
                if r.pop("errors"):
                    raise SystemExit(f"bench: {leg.name}: errors with {connections} connections")
                results[connections][leg.name].append(r)
        print(f"bench: round {number + 1} of {args.rounds}", file=sys.stderr)
    for leg in legs:
        leg.prove()
    return results


def summarise(results):
    table = {}
    for connections, by_leg in results.items():
        table[str(connections)] = row = {}
        for leg, runs in by_leg.items():
            row[leg] = figures = {}
            for key in ("rps", "p50_us", "p99_us"):
                values = [r[key] for r in runs]
                figures[key] = statistics.median(values)
                figures[key + "_spread"] = [min(values), max(values)]
    return table


def show(table):
    print(f"\ntools/call, medians of the rounds (spread)\n\n{'conn':>5}  {'leg':10}{'calls/s':>9} {'':19}"
          f"{'p50 us':>8}{'p99 us':>9} {'':17}{'of haproxy':>11}")
    for connections, row in table.items():
        for leg, f in row.items():
            base = row.get("haproxy")
            ratio = f"{f['rps'] / base['rps']:.2f}" if base else ""
            rps = "({:.0f}-{:.0f})".format(*f["rps_spread"])
            p99 = "({}-{})".format(*f["p99_us_spread"])
            print(f"{connections:>5}  {leg:10}{f['rps']:9.0f} {rps:19}{f['p50_us']:8.0f}{f['p99_us']:9.0f} "
                  f"{p99:17}{ratio:>11}")
        print()


def measure_gate_alone(folder, rounds):
    """Idle memory with 1,000 tools, and the time from start to first answer."""
    upstream, target = start_upstream(1000)
    try:
        gate = Gate(BUILD / "gatehouse", folder / "idle", target, 1000)
        gate.start()
        leg = Leg("gatehouse", gate.port, gate.path, gate.token)
        leg.open()
        status, _, text = leg.post({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
        listed = text.count('"inputSchema"')
        time.sleep(1)
        memory = gate.memory_kib()
        stop(gate.process)
        starts = []
        for _ in range(rounds):
            starts.append(gate.start())
            stop(gate.process)
        return {"idle_memory": {"tools": listed, **memory},
                "start": {"first_answer_ms": statistics.median(starts), "spread": [min(starts), max(starts)]}}
    finally:
        stop(upstream)


def measure_scan():
    """Secrets, personal data and injection in 10 KB of prose, of code and of JSON."""
    texts = [ROOT / "docs/policy.md", ROOT / "src/gate/relay.c", ROOT / "tests/cases/policy/rules.json"]
    out = subprocess.run([BUILD / "tests/perf/bench_scan", *texts], capture_output=True, text=True, check=True).stdout
    rows = [json.loads(line) for line in out.splitlines()]
    for r in rows:
        r["text"] = str(pathlib.Path(r["text"]).relative_to(ROOT))
        print(f"scan of {r['bytes']} bytes of {r['text']}: {r['all_ns'] / 1000:.0f} us (secrets {r['secrets_ns'] / 1000:.0f}, "
              f"personal {r['personal_ns'] / 1000:.0f}, injection {r['injection_ns'] / 1000:.0f})")
    return rows


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=int, default=2)
    p.add_argument("--connections", type=lambda s: [int(x) for x in s.split(",")], default=[1, 32, 256])
    p.add_argument("--legs", type=lambda s: s.split(","), default=["direct", "nginx", "haproxy", "gatehouse"])
    args = p.parse_args()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gatehouse-bench-"))
    starts = {"nginx": start_nginx, "haproxy": start_haproxy, "gatehouse": start_gate}
    processes, legs, report = [], [], {}
    try:
        upstream, target = start_upstream()
        processes.append(upstream)
        for name in args.legs:
            if name == "direct":
                legs.append(Leg("direct", target))
                continue
            process, leg = starts[name](folder, target)
            processes.append(process)
            legs.append(leg)
        report["tools_call"] = summarise(measure(legs, args))
        show(report["tools_call"])
        if "gatehouse" in args.legs:
            alone = measure_gate_alone(folder, args.rounds)
            report.update(alone)
            m, s = alone["idle_memory"], alone["start"]
            print(f"idle with {m['tools']} tools: {m['rss_kib'] / 1024:.1f} MiB resident "
                  f"({m['anonymous_kib'] / 1024:.1f} MiB its own)")
            print(f"start to first answer: {s['first_answer_ms']:.1f} ms "
                  f"({s['spread'][0]:.1f}-{s['spread'][1]:.1f})")
            report["scan"] = measure_scan()
    finally:
        for process in reversed(processes):
            stop(process)
        shutil.rmtree(folder, ignore_errors=True)
    (BUILD / "bench.json").write_text(json.dumps(report, indent=1) + "\n")
    print("\nbuild/bench.json has all of it")


if __name__ == "__main__":
    main()
