#!/usr/bin/env python3
"""One decision over a hundred rules, here, in Cedar and in OPA: the same rules, tools and arguments.

  usage: run.py [--rounds N]

Part of `make bench`. The peers are built from their registries into build/peers; where cargo, go or a
registry is not to be had, that peer is left out, and why is said. What is compared is a decision in
one thread, everything read beforehand; the last column is how many times as long as ours it takes.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
OUT = ROOT / "build/peers"
TOOLS = 200
BUILD_SECONDS = 1800
ARGUMENTS = {"repo": "docs", "amount": 49.99, "to": "c@example.com", "title": "Re: your message",
             "body": "A few words that nobody looks at.", "nested": {"deep": {"flag": True}}}
ADDRESSES = ["a@example.com", "b@example.com", "c@example.com"]


def rules():
    """50 for all tools and 50 for one, as tests/perf/decide.c has them: (of one tool, kind, number)."""
    return [(of_one, i % 5, f"{i + 1}50.25") for of_one in (False, True) for i in range(50)]


def cedar_policies():
    addresses = json.dumps(ADDRESSES)
    tests = ['context has repo && context.repo == "docs"',
             'context has amount && context.amount.lessThanOrEqual(decimal("{}"))',
             f"context has to && {addresses}.contains(context.to)",
             'context has title && context.title like "Re: *"',
             "context has nested.deep.flag && context.nested.deep.flag == true"]
    lines = ['permit(principal, action, resource in Server::"mail");']
    for of_one, kind, number in rules():
        resource = 'resource == Tool::"send_mail"' if of_one else "resource"
        lines.append(f"forbid(principal, action, {resource}) unless {{ {tests[kind].replace('{}', number)} }};")
    return "\n".join(lines) + "\n"


def cedar_entities():
    """The tools are those of one server, which is how Cedar says "one of these"."""
    server = {"type": "Server", "id": "mail"}
    names = [f"tool_{i}" for i in range(TOOLS)] + ["send_mail"]
    return json.dumps([{"uid": server, "attrs": {}, "parents": []}] +
                      [{"uid": {"type": "Tool", "id": n}, "attrs": {}, "parents": [server]} for n in names])


def cedar_context():
    amount = {"__extn": {"fn": "decimal", "arg": str(ARGUMENTS["amount"])}}
    return json.dumps({**ARGUMENTS, "amount": amount})


def rego_module():
    addresses = ", ".join(json.dumps(a) for a in ADDRESSES)
    tests = ['input.args.repo == "docs"', "input.args.amount <= {}", f"input.args.to in {{{addresses}}}",
             'startswith(input.args.title, "Re: ")', "input.args.nested.deep.flag == true"]
    names = ", ".join(json.dumps(n) for n in [f"tool_{i}" for i in range(TOOLS)] + ["send_mail"])
    bodies = {of_one: [f"\t{tests[kind].replace('{}', number)}" for o, kind, number in rules() if o == of_one]
              for of_one in (False, True)}
    return "\n".join(["package gate", "", "default allow := false", "", f"tools := {{{names}}}", "",
                      "for_all if {", *bodies[False], "}", "",
                      'for_tool if input.tool != "send_mail"', "",
                      'for_tool if {', '\tinput.tool == "send_mail"', *bodies[True], "}", "",
                      "allow if {", "\tinput.tool in tools", "\tfor_all", "\tfor_tool", "}", ""])


def command(args, **more):
    return subprocess.run([str(a) for a in args], capture_output=True, text=True, **more)


def last_line(r):
    lines = [line for line in (r.stderr + r.stdout).splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no word why"


def build_cedar():
    """The program, or why there is none."""
    if not shutil.which("cargo"):
        return None, "no cargo"
    work = OUT / "cedar"
    shutil.copytree(HERE / "cedar", work, dirs_exist_ok=True)
    r = command(["cargo", "build", "--release", "--quiet"], cwd=work, timeout=BUILD_SECONDS)
    program = work / "target/release/peer"
    return (program, None) if r.returncode == 0 and program.exists() else (None, last_line(r))


def build_opa():
    if not shutil.which("go"):
        return None, "no go"
    work = OUT / "opa"
    shutil.copytree(HERE / "opa", work, dirs_exist_ok=True)
    env = {**os.environ, "GOFLAGS": "-mod=mod"}
    for args in (["go", "get", "github.com/open-policy-agent/opa@latest"], ["go", "build", "-o", "peer", "."]):
        r = command(args, cwd=work, env=env, timeout=BUILD_SECONDS)
        if r.returncode:
            return None, last_line(r)
    return work / "peer", None


def ours(rounds):
    program = ROOT / "build/tests/perf/bench_decide"
    if not program.exists():
        return None
    r = command([program, rounds])
    m = re.search(r"^100 rules\s+(\d+) ns\s+(\d+) allocations\s+(\w+)", r.stdout, re.M)
    return {"ns": int(m.group(1)), "decision": m.group(3)} if m else None


def peer(name, build, files, rounds):
    try:
        program, why = build()
    except (OSError, subprocess.TimeoutExpired) as e:
        program, why = None, str(e)
    if not program:
        print(f"  {name}: left out: {why}")
        return None
    paths = []
    for suffix, text in files.items():
        paths.append(OUT / f"{name}.{suffix}")
        paths[-1].write_text(text)
    r = command([program, *paths, rounds])
    if r.returncode:
        print(f"  {name}: left out: {last_line(r)}")
        return None
    return json.loads(r.stdout)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--rounds", type=int, default=20000)
    rounds = p.parse_args().rounds
    OUT.mkdir(parents=True, exist_ok=True)
    print("\none decision over 100 rules with checks of arguments")
    found = {"gatehouse": ours(10 * rounds)}
    found["Cedar"] = peer("cedar", build_cedar, {"policies": cedar_policies(), "context.json": cedar_context(),
                                                 "entities.json": cedar_entities()}, rounds)
    request = json.dumps({"tool": "send_mail", "args": ARGUMENTS})
    found["OPA"] = peer("opa", build_opa, {"rego": rego_module(), "input.json": request}, rounds)
    base = found["gatehouse"]
    for name, f in found.items():
        if f:
            ratio = f"{f['ns'] / base['ns']:8.1f}" if base else ""
            print(f"  {name:10} {f['ns']:10,} ns {ratio}  {f['decision']}")
    (ROOT / "build/peers.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
