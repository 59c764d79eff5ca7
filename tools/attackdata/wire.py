"""Protocol cases: malformed and forged messages at the listener of a running gate before a server."""
import http.client
import json
import pathlib
import re
import subprocess
import tempfile

from attackdata import rows
from attackdata.server import Server

VERSION = "2025-06-18"
INFO = {"name": "attacks", "version": "1"}
TOOLS = {"read_file": {}, "send": {}, "ask": {}, "stray": {}, "x": {}}
PLAIN = {"version": "1", "default": "deny", "hide": ["a_tool_hidden_from_list"], "tools": TOOLS}
ASKING = {**PLAIN, "server_requests": {"elicitation": "allow", "sampling": "allow", "roots": "allow"}}


class Gate:
    """One gate in a folder of its own. grants: {label: policy}."""

    def __init__(self, binary, folder, target, grants):
        self.binary, self.folder, self.tokens = binary, pathlib.Path(folder), {}
        (self.folder / "data").mkdir()
        (self.folder / "gatehouse.yaml").write_text('listen: "127.0.0.1:0"\n')
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen([binary, "up", "--config", "gatehouse.yaml", "--data-dir", "data"],
                                            cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True)
        for line in self.process.stdout:
            m = re.search(r"127\.0\.0\.1:([1-9]\d*)", line)
            if m:
                self.port = int(m.group(1))
                break
        else:
            raise SystemExit("attacks: the gate did not start:\n" + (self.folder / "log").read_text()[-2000:])
        self.command("server", "add", "files", f"http://127.0.0.1:{target}/mcp")
        for label, policy in grants.items():
            (self.folder / f"{label}.json").write_text(json.dumps(policy))
            self.command("policy", "apply", label, f"{label}.json")
            made = self.command("grant", "add", label, "--server", f"files={label}", "--json")
            self.tokens[label] = json.loads(made)["token"]

    def command(self, *args):
        r = subprocess.run([self.binary, *args, "--data-dir", "data"], cwd=self.folder, capture_output=True, text=True)
        if r.returncode:
            raise SystemExit(f"attacks: gatehouse {' '.join(args)}: {r.stdout}{r.stderr}")
        return r.stdout

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.process.stdout.close()


class Client:
    def __init__(self, gate, label):
        self.gate, self.label, self.session, self.seen = gate, label, None, []
        status, headers, messages = self.post(json.dumps(request("initialize", {
            "protocolVersion": VERSION, "clientInfo": INFO,
            "capabilities": {"elicitation": {}, "sampling": {}, "roots": {}}})))
        if status != 200:
            raise SystemExit(f"attacks: the gate does not let a session begin: {status} {messages}")
        self.session = headers.get("mcp-session-id")
        self.post(json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}))

    def post(self, body, path="/mcp/files", replace=None):
        """(status, headers, messages). What the server asks in between is refused, and remembered in `seen`."""
        headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
                   "Authorization": f"Bearer {self.gate.tokens[self.label]}", "Host": f"127.0.0.1:{self.gate.port}"}
        if self.session:
            headers |= {"Mcp-Session-Id": self.session, "MCP-Protocol-Version": VERSION}
        headers = {k: v for k, v in {**headers, **(replace or {})}.items() if v is not None}
        c = http.client.HTTPConnection("127.0.0.1", self.gate.port, timeout=20)
        try:
            c.request("POST", path, body=body.encode(), headers=headers)
            r = c.getresponse()
            out = {k.lower(): v for k, v in r.getheaders()}
            if out.get("content-type", "").startswith("text/event-stream"):
                return r.status, out, self.events(r)
            text = r.read().decode(errors="replace")
            return r.status, out, [json.loads(text)] if text[:1] in ("{", "[") else []
        finally:
            c.close()

    def events(self, r):
        messages = []
        for line in r:
            if not line.startswith(b"data:") or not line[5:].strip():
                continue
            m = json.loads(line[5:])
            messages.append(m)
            self.seen.append(m)
            if "method" in m and "id" in m:
                self.post(json.dumps({"jsonrpc": "2.0", "id": m["id"], "error": {"code": -32601, "message": "no"}}))
        return messages

    def call(self, name, arguments=None):
        return self.post(json.dumps(request("tools/call", {"name": name, "arguments": arguments or {}})))


def request(method, params, n=1):
    return {"jsonrpc": "2.0", "id": n, "method": method, "params": params}


def is_refusal(message):
    if isinstance(message, list):
        return all(is_refusal(m) for m in message)
    return "error" in message or bool((message.get("result") or {}).get("isError"))


def generated(text):
    """'HEAD  PART repeated N times': HEAD and N times PART."""
    m = re.fullmatch(r"(.*?)\s+(\S+) repeated (\d+) times", text, re.S)
    return m.group(1) + m.group(2) * int(m.group(3)) if m else text


def on_raw(client, server, row):
    before = len(server.calls())
    status, _, messages = client.post(generated(row["payload"]) if row["kind"] == "generated" else row["payload"])
    reached = len(server.calls()) - before
    refused = status >= 400 or (messages and all(is_refusal(m) for m in messages))
    return refused and not reached, f"HTTP {status}, {reached} reached the server"


def on_headers(client, server, row, other):
    names = {"<grant B>": client.gate.tokens["B"], "<session of grant A>": other.session,
             "<client token>": client.gate.tokens[client.label]}
    replace = {}
    for k, v in row["payload"].items():
        for mark, value in names.items():
            v = v.replace(mark, value)
        replace[k] = v.replace(":8080", f":{client.gate.port}")
    begins = "Mcp-Session-Id" not in replace
    body = request("initialize", {"protocolVersion": VERSION, "clientInfo": INFO, "capabilities": {}}) if begins \
        else request("tools/list", {})
    if begins:
        replace |= {"Mcp-Session-Id": None, "MCP-Protocol-Version": None}
    status, _, _ = client.post(json.dumps(body), replace=replace)
    wanted = [int(n) for n in re.findall(r"\b[2-5]\d\d\b", row["expect"])]
    if wanted:
        return status in wanted, f"HTTP {status}"
    tokens = client.gate.tokens.values()
    leaked = [h for headers, _ in server.heard for h in headers.values() if any(t in h for t in tokens)]
    return status == 200 and not leaked, f"HTTP {status}, {len(leaked)} headers with a token at the server"


def on_target(client, row, other):
    """A session named in the URL is as good as none."""
    path = row["payload"].replace("<session of grant A>", other.session).replace("/mcp", "/mcp/files", 1)
    no_session = {"Mcp-Session-Id": None}
    body = json.dumps(request("tools/list", {}))
    with_it, without = client.post(body, path, no_session), client.post(body, replace=no_session)
    same = with_it[0] >= 400 or (with_it[0], with_it[2]) == (without[0], without[2])
    return same, f"HTTP {with_it[0]}, without it {without[0]}"


def on_server_request(clients, server, row):
    """Refused by a policy that does not allow it; `allow …`: passed on by one that does; `deny` alone: by neither."""
    server.question = row["payload"]
    passed = {}
    for label in ("A", "asking"):
        client = clients[label]
        client.seen.clear()
        client.call("ask")
        passed[label] = any(m.get("method") == row["payload"]["method"] for m in client.seen)
    may = row["expect"] != "deny"
    return not passed["A"] and passed["asking"] == may, f"passed on: {passed['A']}, where allowed: {passed['asking']}"


def on_server_message(clients, server, row):
    server.stray = row["payload"]
    _, _, messages = clients["A"].call("stray")
    texts = json.dumps(messages)
    dropped = str(row["payload"].get("id")) not in texts and messages
    return dropped, "dropped" if dropped else f"passed on: {texts[:200]}"


def on_server_script(client, server):
    """A tool whose definition changes after it was listed is neither listed nor called, until it is as before."""
    def listed():
        _, _, messages = client.post(json.dumps(request("tools/list", {})))
        return "x" in [t["name"] for t in messages[-1]["result"]["tools"]]

    first, tools, before = listed(), server.tools, len(server.calls())
    server.tools = [{**t, "description": "Does more than it did."} if t["name"] == "x" else t for t in tools]
    changed = listed()
    _, _, messages = client.call("x")
    held = is_refusal(messages[-1]) and "(pin)" in json.dumps(messages[-1]) and len(server.calls()) == before
    server.tools = tools
    back = listed()
    return first and not changed and held and back, f"listed: {first}, changed: {changed}, back: {back}; call held: {held}"


def judge(clients, server, row):
    kind = row["kind"]
    if kind in ("raw_request", "generated"):
        return on_raw(clients["A"], server, row)
    if kind == "http_headers":
        label = "B" if "<grant B>" in json.dumps(row["payload"]) else "A"
        return on_headers(clients[label], server, row, clients["A"])
    if kind == "http_target":
        return on_target(clients["B"], row, clients["A"])
    if kind == "server_request":
        return on_server_request(clients, server, row)
    if kind == "server_message":
        return on_server_message(clients, server, row)
    if kind == "server_script":
        return on_server_script(clients["A"], server)
    return None, "this version does not do it"


def report(program, folder):
    """Plays every row; true when all that can be judged do as they expect."""
    cases = rows.read(folder, "protocol_cases")
    if not cases:
        return True
    wrong, left, right = [], [], 0
    with tempfile.TemporaryDirectory(prefix="gatehouse-attacks-") as d:
        server = Server()
        gate = Gate(program.binary, d, server.port, {"A": PLAIN, "B": PLAIN, "asking": ASKING})
        try:
            clients = {label: Client(gate, label) for label in gate.tokens}
            for row in cases:
                fine, saw = judge(clients, server, row)
                right += bool(fine)
                (left if fine is None else wrong if not fine else []).append(
                    f"{row['id']}: expects {row['expect']}: {saw}")
        finally:
            gate.stop()
            server.close()
    print(f"Protocol cases at a running gate: {right}/{len(cases)} as they expect\n")
    for w in wrong:
        print(f"  {w}")
    for w in left:
        print(f"  not judged: {w}")
    if wrong or left:
        print()
    return not wrong
