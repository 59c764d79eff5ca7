#!/usr/bin/env python3
"""`make attacks DATA=DIR`: what the gate stops of known attacks, and what it costs benign work.

  usage: tools/attacks.py DIR [--policy FILE] [--gatehouse FILE] [--verbose] [--no-wire] [--live N]

DIR has JSON Lines files in the form that docs/attacks.md describes; one that is not there is left
out. Every figure comes from the built program: `policy decide`, `scan`, and for the protocol cases
a gate before a server. Exit code 1 when a row that says what must happen is decided otherwise.
"""
import argparse
import json
import pathlib
import sys

from attackdata import agentdojo, cases, live, scans, variants, wire
from attackdata.play import Program

ROOT = pathlib.Path(__file__).resolve().parent.parent
GENERAL = ROOT / "docs/examples/general.policy.json"
STRICT = ROOT / "docs/examples/general-strict.policy.json"


def baselines():
    """Simple rules, for comparison: the frontier that a policy has to beat."""
    folder = ROOT / "tests/attacks/simple"
    return {"simple: " + f.name.removesuffix(".policy.json").replace("-", " "): json.loads(f.read_text())
            for f in sorted(folder.glob("*.policy.json"))}


def main():
    p = argparse.ArgumentParser(prog="attacks.py", description=__doc__.splitlines()[0])
    p.add_argument("data", metavar="DIR")
    p.add_argument("--policy", default=GENERAL, type=pathlib.Path)
    p.add_argument("--gatehouse", default=ROOT / "build/gatehouse", type=pathlib.Path)
    p.add_argument("--verbose", action="store_true", help="name every task interrupted and every attack missed")
    p.add_argument("--no-wire", action="store_true", help="leave out what needs a running gate")
    p.add_argument("--live", type=int, default=100, metavar="N", help="sessions to play to a running gate")
    args = p.parse_args()
    if not pathlib.Path(args.data).is_dir():
        raise SystemExit(f"attacks: '{args.data}' is no folder; say DATA=DIR with the attack data")
    program = Program(args.gatehouse.resolve())
    policy = json.loads(args.policy.read_text())
    others = {"general-strict": json.loads(STRICT.read_text()), **(variants.of(policy) if args.policy == GENERAL else {}), **baselines()}
    data = agentdojo.Data(args.data)
    agentdojo.report(program, data, policy, others, args.verbose)
    fine = cases.report(program, args.data)
    scans.report(program, args.data)
    if not args.no_wire:
        fine = live.report(program, args.data, data, policy, args.live) and fine
        fine = wire.report(program, args.data) and fine
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
