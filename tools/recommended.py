#!/usr/bin/env python3
"""Does every recommended rule load, and fit the schema of its tool without a warning?

    tools/recommended.py build/gatehouse TOOLS.jsonl [...]

Rows as for `gatehouse catalog classify --jsonl`. For each server one policy of all its tools goes through
`gatehouse policy check --tools`. Files that are not there are skipped, and told.
"""
import collections
import json
import pathlib
import subprocess
import sys
import tempfile


def definitions(rows):
    """Tools as a server lists them; of two with one name the first."""
    tools = {}
    for r in rows:
        name = r.get("tool", r.get("name"))
        t = {"name": name, "description": r.get("description") or ""}
        if r.get("inputSchema") is not None:
            t["inputSchema"] = r["inputSchema"]
        tools.setdefault(name, t)
    return list(tools.values())


def policy_of(profiles):
    policy = {"version": "1", "default": "deny", "hide": [], "tools": {}}
    for p in profiles:
        if p["recommended"].get("action") == "hide":
            if p["tool"] not in policy["hide"]:
                policy["hide"].append(p["tool"])
        elif p["tool"] not in policy["tools"] and not set("*?") & set(p["tool"]):
            policy["tools"][p["tool"]] = p["recommended"]
    return policy


def check(program, folder, server, profiles, tools):
    (folder / "policy.json").write_text(json.dumps(policy_of(profiles)))
    (folder / "tools.json").write_text(json.dumps(tools))
    out = subprocess.run([program, "policy", "check", folder / "policy.json", "--tools", folder / "tools.json"],
                         capture_output=True, text=True)
    text = (out.stdout + out.stderr).replace(str(folder) + "/", "")
    if out.returncode or "warning" in text:
        print(f"{server}:\n{text}", end="")
        return False
    return True


def main():
    program, files = sys.argv[1], [pathlib.Path(f) for f in sys.argv[2:]]
    bad = seen = 0
    for f in files:
        if not f.exists():
            print(f"skipped: there is no {f}")
            continue
        out = subprocess.run([program, "catalog", "classify", "--jsonl", f], capture_output=True, text=True, check=True)
        rows = [json.loads(x) for x in f.read_text().splitlines() if x.strip()]
        profiles = [json.loads(x) for x in out.stdout.splitlines()]
        if len(rows) != len(profiles):
            raise SystemExit(f"{f}: {len(rows)} rows in, {len(profiles)} out")
        of = collections.defaultdict(lambda: ([], []))
        for r, p in zip(rows, profiles):
            if p["severity"] == "critical" and p["category"] == "unknown":
                continue
            of[r.get("server", "")][0].append(p)
            of[r.get("server", "")][1].append(r)
        with tempfile.TemporaryDirectory() as d:
            for server, (found, defined) in of.items():
                seen += len(found)
                bad += not check(program, pathlib.Path(d), server, found, definitions(defined))
    print(f"{seen} tools, {bad} servers with a rule that does not fit")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
