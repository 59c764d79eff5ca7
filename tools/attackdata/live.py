"""Sessions at a running gate: does it decide as `policy decide` says it would?"""
import copy
import fnmatch
import json
import random
import tempfile

from attackdata import rows
from attackdata.play import play
from attackdata.server import Server
from attackdata.wire import Client, Gate, is_refusal

# What the servers of the data would claim. The gate and `policy decide` both go by what the catalogue finds.
CLAIMS = {"read": {"readOnlyHint": True}, "destructive": {"readOnlyHint": False, "destructiveHint": True}}
OTHERS = {"readOnlyHint": False, "destructiveHint": False}


def refusing(policy):
    """The same rules, refusing where they would ask: no person is waited for."""
    out = copy.deepcopy(policy)
    for rules in [out.get("all_tools", {}), *out.get("classes", {}).values(), *out.get("tools", {}).values()]:
        if "approve_if" in rules:
            rules["deny_if"] = rules.get("deny_if", []) + rules.pop("approve_if")
        if rules.get("action") == "require_approval":
            rules["action"] = "deny"
    for flow in out.get("flows", []):
        flow.pop("unless", None)
    return out


def labelled(policy, tools):
    """With the labels of the data, where the policy has none of its own."""
    out = refusing(policy)
    own = out.setdefault("labels", {})
    for name, t in tools.items():
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in policy.get("labels", {})):
            own[name] = t["roles"]
    return out


def plays(client, server, steps):
    """Refused or not, step by step."""
    for step in steps:
        server.next = step.get("result") or ""
        _, _, messages = client.call(step["tool"], step["arguments"])
        yield not messages or is_refusal(messages[-1])


def report(program, folder, data, policy, most):
    """Plays up to `most` rows, always the same; true when the gate and `policy decide` agree on each call."""
    tools = rows.agentdojo_tools(folder)
    if not data.rows or not most:
        return True
    policy = labelled(policy, tools)
    picked = data.rows if len(data.rows) <= most else random.Random(1).sample(data.rows, most)
    sessions = [(f"{kind}/{r['id']}", data.known(steps), lambda _: True) for kind, r, steps in picked]
    listed = [{"name": n, "inputSchema": t["inputSchema"], "annotations": CLAIMS.get(t["effect"], OTHERS)}
              for n, t in tools.items()]
    lines = "".join(json.dumps({"server": "files", **t, "labels": tools[t["name"]]["roles"]}) + "\n" for t in listed)
    wanted = play(program, policy, lines, sessions)
    calls = refused = 0
    wrong = []
    with tempfile.TemporaryDirectory(prefix="gatehouse-attacks-") as d:
        server = Server(listed)
        gate = Gate(program.binary, d, server.port, {"A": policy})
        try:
            for (name, steps, _), decisions in zip(sessions, wanted):
                for step, decision, is_refused in zip(steps, decisions, plays(Client(gate, "A"), server, steps)):
                    calls, refused = calls + 1, refused + is_refused
                    if is_refused != (decision["decision"] != "allow"):
                        wrong.append(f"{name}: {step['tool']}: {decision['decision']} is expected")
        finally:
            gate.stop()
            server.close()
    print(f"Sessions at a running gate: {len(sessions)} with {calls} calls, of which {refused} are refused; "
          f"{calls - len(wrong)} decide as `policy decide` says\n")
    for w in wrong:
        print(f"  {w}")
    return not wrong
