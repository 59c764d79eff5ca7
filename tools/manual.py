#!/usr/bin/env python3
"""Holds the manual (README.md, docs/, the other pages at the top) to the program. TAP.

  - a link to a file of this repository leads somewhere
  - a fenced json block that is a whole policy (keys version and default) passes
    `gatehouse policy check`; under a line <!-- refused --> it must be refused
  - each `gatehouse …` line of a fenced sh, bash or console block names a command that
    has a --help, and only options that this help shows

The program is $GATEHOUSE, or build/gatehouse.
"""
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("GATEHOUSE") or str(ROOT / "build/gatehouse")
FENCE = re.compile(r"^(<!-- refused -->\n+)?^```([\w.-]*)[^\n]*\n(.*?)^```", re.M | re.S)
LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s#]+)(?:#[^)]*)?\)")


class Tap:
    """Numbers the lines and remembers whether one failed."""

    def __init__(self):
        self.count, self.failed = 0, 0

    def ok(self, good, text, why=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {text}")
        for line in why.splitlines() if not good else []:
            print(f"# {line}")


def run(*args):
    r = subprocess.run([PROGRAM, *args], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    return r.returncode, r.stdout + r.stderr


def check_links(tap, page, text):
    without_code = re.sub(r"```.*?```", "", text, flags=re.S)
    for target in sorted(set(LINK.findall(without_code))):
        if not re.match(r"[a-z]+:", target):
            tap.ok((page.parent / target).exists(), f"{page.relative_to(ROOT)}: link to {target}")


def check_policy(tap, where, body, refused):
    try:
        document = json.loads(body)
    except ValueError:
        return
    if not isinstance(document, dict) or not {"version", "default"} <= set(document):
        return
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
        f.write(body)
        f.flush()
        code, out = run("policy", "check", f.name)
    tap.ok(code == (2 if refused else 0), f"{where}: policy is {'refused' if refused else 'accepted'}", out)


def command_lines(language, body):
    body = re.sub(r"\\\n\s*", " ", body)
    for line in body.splitlines():
        if language == "console":
            if not line.startswith("$ "):
                continue
            line = line[2:]
        yield line.strip()


def check_command(tap, where, line, known):
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        words = line.split()
    if not words or os.path.basename(words[0]) != "gatehouse":
        return
    ends = [i for i, w in enumerate(words) if w in ("|", ">", "<", "--", "&", "&&", ";")]
    words = words[1:ends[0] if ends else None]
    names = []
    for w in words:
        if not re.fullmatch(r"[a-z][a-z-]*", w) or len(names) == 2:
            break
        names.append(w)
    while names:
        key = " ".join(names)
        if key not in known:
            known[key] = run(*names, "--help")
        if known[key][0] == 0:
            break
        names.pop()
    if words and not names and not words[0].startswith("-"):
        tap.ok(False, f"{where}: {line}", f"no such command: {words[0]}")
        return
    code, text = known.get(" ".join(names)) or run("--help")
    strange = [w for w in words if w.startswith("--") and w.split("=")[0] not in ("--help", "--version", "--json")
               and not re.search(rf"(?<![\w-]){re.escape(w.split('=')[0])}(?![\w-])", text)]
    tap.ok(code == 0 and not strange, f"{where}: {line}", f"not in its --help: {' '.join(strange)}")


def main():
    pages = sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md"))
    tap, known = Tap(), {}
    has_program = os.access(PROGRAM, os.X_OK) and run("--help")[0] == 0
    for page in pages:
        text = page.read_text()
        check_links(tap, page, text)
        for m in FENCE.finditer(text) if has_program else ():
            where = f"{page.relative_to(ROOT)}:{text[:m.start(2)].count(chr(10)) + 1}"
            if m.group(2) == "json":
                check_policy(tap, where, m.group(3), bool(m.group(1)))
            elif m.group(2) in ("sh", "bash", "console"):
                for line in command_lines(m.group(2), m.group(3)):
                    check_command(tap, where, line, known)
    if not has_program:
        print(f"ok {tap.count + 1} - examples # SKIP no program at {PROGRAM}")
    print(f"1..{tap.count + (not has_program)}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
