"""The gate as `make bench` runs it: configured through its command line, as a person does it."""
import http.client
import json
import pathlib
import re
import subprocess
import time


def policy(tools):
    """Every tool by name under default deny; the one that is called has a limit."""
    rules = {f"tool_{i:03}": {} for i in range(tools)}
    rules["tool_007"] = {"limits": [
        {"counter": "calls", "window": "day", "max": 1_000_000_000, "scope": "grant"}]}
    return {"version": "1", "default": "deny", "tools": rules}


class Gate:
    """One gate in a folder of its own, before one server, with a policy of all its tools."""

    def __init__(self, binary, folder, target, tools):
        self.binary, self.folder, self.process, self.port = binary, pathlib.Path(folder), None, 0
        self.path, self.token = "/mcp/bench", ""
        (self.folder / "data").mkdir(parents=True)
        (self.folder / "gatehouse.yaml").write_text('listen: "127.0.0.1:0"\n')
        self.target, self.tools = target, tools

    def command(self, *args):
        r = subprocess.run([self.binary, *args, "--data-dir", self.folder / "data"], cwd=self.folder,
                           capture_output=True, text=True)
        if r.returncode:
            raise SystemExit(f"bench: gatehouse {' '.join(args)}: {r.stdout}{r.stderr}")
        return r.stdout

    def set_up(self):
        file = self.folder / "policy.json"
        file.write_text(json.dumps(policy(self.tools)))
        self.command("server", "add", "bench", f"http://127.0.0.1:{self.target}/mcp")
        self.command("policy", "apply", "bench", str(file))
        made = self.command("grant", "add", "bench", "--server", "bench=bench", "--json")
        self.token = json.loads(made)["token"]

    def start(self):
        """Starts it and answers how many milliseconds passed until its first answer."""
        began = time.monotonic()
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "up", "--config", "gatehouse.yaml", "--data-dir", "data"], cwd=self.folder,
                stdout=subprocess.PIPE, stderr=log, text=True)
        for line in self.process.stdout:
            m = re.search(r"127\.0\.0\.1:([1-9]\d*)", line)
            if m:
                self.port = int(m.group(1))
                break
        else:
            raise SystemExit("bench: the gate did not start:\n" + (self.folder / "log").read_text()[-2000:])
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        c.request("GET", "/healthz")
        c.getresponse().read()
        c.close()
        took = (time.monotonic() - began) * 1000
        if not self.token:
            self.set_up()
        return took

    def memory_kib(self):
        fields = dict(x.split(":", 1) for x in
                      pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines())
        return {"rss_kib": int(fields["VmRSS"].split()[0]), "anonymous_kib": int(fields["RssAnon"].split()[0])}
