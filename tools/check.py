#!/usr/bin/env python3
"""`make check`: everything that a change must pass, cheapest first, and one summary.

  usage: tools/check.py [STEP...]   (no step named: all; steps: see STEPS below)

A step that fails does not stop the others, except that what needs a build is skipped
when that build failed. What was skipped is said, and why. Exit code 1 on any failure.
"""
import difflib
import glob
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
ASAN = "build-asan"
ENVIRONMENT = {
    **os.environ,
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "CCACHE_BASEDIR": os.environ.get("CCACHE_BASEDIR", str(ROOT.parent)),
    "GATEHOUSE": str(ROOT / ASAN / "gatehouse"),
}
JOBS = len(os.sched_getaffinity(0))


class Result:
    """What a step has to say: counts, lines about what failed and what was skipped, and tables."""

    def __init__(self, passed=0, failed=(), skipped=()):
        self.passed, self.failed, self.skipped = passed, list(failed), list(skipped)
        self.tables = []


def run(command, env=None, show=True):
    """Exit code and output; the output is shown when the command fails."""
    r = subprocess.run(command, cwd=ROOT, env={**ENVIRONMENT, **(env or {})}, text=True, errors="replace",
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    if r.returncode and show:
        print(r.stdout.rstrip())
    return r.returncode, r.stdout


def one(name, command, env=None):
    code, _ = run(command, env)
    return Result(0, [name]) if code else Result(1)


def read_tap(name, text):
    """Counts TAP lines of the outermost level that are tests; a plan of 0 is a skip."""
    r = Result()
    for line in text.splitlines():
        m = re.match(r"(not )?ok\b[ \d]*-?\s*(.*?)(?:\s*# (SKIP)\b\s*(.*))?$", line, re.I)
        if m and (m.group(3) or "").upper() == "SKIP":
            r.skipped.append(f"{name}: {m.group(2)}: {m.group(4) or 'no reason given'}")
        elif m and m.group(1):
            r.failed.append(f"{name}: {m.group(2)}")
        elif m:
            r.passed += 1
        elif re.match(r"1\.\.0\b", line):
            why = re.sub(r"^.*?#\s*(SKIP)?", "", line).strip()
            r.skipped.append(f"{name}: {why or 'no tests'}")
    return r


def add(total, r):
    total.passed += r.passed
    total.failed += r.failed
    total.skipped += r.skipped
    total.tables += r.tables
    return total


def layers():
    return one("layers", ["tools/layers.py"])


def shape():
    return one("shape", ["tools/shape.py"])


def build_gcc():
    return one("build with gcc", ["tools/build.sh", "build"])


def build_clang():
    cc = "ccache clang" if subprocess.run(["which", "ccache"], capture_output=True).returncode == 0 else "clang"
    return one("build with clang", ["tools/build.sh", "build-clang"], {"CC": cc})


def build_asan():
    return one("build with ASan and UBSan", ["tools/build.sh", ASAN, "-Db_sanitize=address,undefined",
                                             "-Db_lundef=false", "-Doptimization=1"])


def unit():
    """Unit tests, their cases and the seeds of the fuzz targets, under the sanitizers."""
    if not (ROOT / ASAN / "gatehouse").exists():
        return Result(0, ["unit: no build with sanitizers"])
    log = ROOT / ASAN / "meson-logs/testlog.json"
    log.unlink(missing_ok=True)
    code, out = run(["meson", "test", "-C", ASAN, "--no-rebuild", "--print-errorlogs",
                     "--timeout-multiplier", "5"])
    total = Result()
    for line in log.read_text().splitlines() if log.exists() else []:
        t = json.loads(line)
        name = t["name"].split(" / ")[-1]
        tap = read_tap(name, t.get("stdout") or "")
        good = t["result"] in ("OK", "SKIP", "EXPECTEDFAIL")
        if not good and not tap.failed:
            tap.failed.append(f"{name}: {t['result'].lower()}")
        if good and not tap.passed and not tap.skipped:
            tap.passed = 1
        add(total, tap)
    if code and not total.failed:
        total.failed.append("unit: meson test failed")
    return total


def flow():
    """The real program between real clients and servers, built with the sanitizers."""
    return node_tests("flow", "tests/flow/**/*.test.mjs", JOBS)


def console():
    """The types of the console, which the bundler does not look at, and its pages in a real browser."""
    tsc = "console/node_modules/.bin/tsc"
    total = one("console: types", [tsc, "--noEmit", "-p", "console"]) if (ROOT / tsc).exists() else \
        Result(0, [], ["console: types: its packages could not be had from npm"])
    add(total, node_tests("console", "tests/console/*.test.mjs", 1))
    return total


def node_tests(name, pattern, jobs):
    files = sorted(glob.glob(str(ROOT / pattern), recursive=True))
    if not files:
        return Result(0, [], [f"{name}: no tests in {pattern}"])
    if not (ROOT / ASAN / "gatehouse").exists():
        return Result(0, [f"{name}: no build with sanitizers"])
    options = ["--test", "--test-reporter=tap", f"--test-concurrency={jobs}"]
    code, out = run(["node", *options, *files], show=False)
    total = read_node(out, name)
    if code and not total.failed:
        total.failed.append(f"{name}: node ended with {code}")
    total.failed += [f"{name}: left behind: {x}" for x in left_behind()]
    if total.failed:
        log = f"{ASAN}/{name}.log"
        (ROOT / log).write_text(out)
        for block in re.finditer(r"^( *)not ok .*\n(?:\1  ---\n(?:.*\n)*?\1  \.\.\.\n)?", out, re.M):
            print(block.group(0).rstrip())
        print(f"all of it: {log}")
    return total


def left_behind():
    """Processes that still run the gate we tested."""
    program = ENVIRONMENT["GATEHOUSE"]
    for exe in glob.glob("/proc/[0-9]*/exe"):
        try:
            if os.readlink(exe) == program:
                yield f"process {exe.split('/')[2]} of {program}"
        except OSError:
            pass


def read_node(text, name):
    """node --test prints TAP with nested subtests: a leaf is a line that no deeper plan precedes."""
    total, children = Result(), set()
    lines = text.splitlines()
    total.tables = re.findall(r"^\s*# (matrix: .*)$", text, re.M)
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        m = re.match(r"\s*(not )?ok \d+ - (.*?)(?:\s*# (SKIP)\b\s*(.*))?$", line)
        if not m:
            continue
        is_group = any(d > indent for d in children)
        children = {d for d in children if d <= indent} | {indent}
        if m.group(3) == "SKIP":
            total.skipped.append(f"{name}: {m.group(2)}: {m.group(4) or 'no reason given'}")
        elif m.group(1) and not is_group:
            total.failed.append(f"{name}: {m.group(2)}")
        elif not m.group(1) and not is_group:
            total.passed += 1
    return total


def manual():
    """The examples of the manual, run as they stand."""
    script = ROOT / "tools/manual.py"
    if not script.exists():
        return Result()
    code, out = run(["python3", str(script)])
    r = read_tap("manual", out)
    if code and not r.failed:
        r.failed.append(f"manual: ended with {code}")
    return r


def conformance():
    """The official suite, direct and through the gate that is built with the sanitizers."""
    if not (ROOT / "tests/conformance/node_modules/.set-up").exists():
        return Result(0, [], ["conformance: its packages could not be had from npm"])
    if not (ROOT / ASAN / "gatehouse").exists():
        return Result(0, ["conformance: no build with sanitizers"])
    node = {"NODE_OF": "tests/conformance"}
    version = run(["tools/with_node.sh", "node", "--version"], node)[1].strip()
    if int(re.sub(r"\D.*", "", version.lstrip("v")) or 0) < 22:
        return Result(0, [], [f"conformance: the suite needs Node 22, here is {version or 'none'}"])
    code, out = run(["tools/with_node.sh", "node", "tests/conformance/run.mjs"], node)
    total = Result(len(re.findall(r" pass \d+/\d+", out)))
    if code:
        total.failed.append(out.strip().splitlines()[-1] if out.strip() else "conformance: no output")
    return total


def attacks():
    """The harness of `make attacks` on rows of our own, whose figures are known."""
    if not (ROOT / ASAN / "gatehouse").exists():
        return Result(0, ["attacks: no build with sanitizers"])
    code, out = run(["python3", "tools/attacks.py", "tests/attacks/rows", "--gatehouse", f"{ASAN}/gatehouse"], show=False)
    wanted = (ROOT / "tests/attacks/expected.txt").read_text()
    if not code and out == wanted:
        return Result(1)
    print("\n".join(difflib.unified_diff(wanted.splitlines(), out.splitlines(), "expected", "printed", lineterm="")))
    return Result(0, ["attacks: the figures of tests/attacks/rows are not as expected"])


def shorten(lines):
    """One line for many tests of one program that are skipped for one reason."""
    groups = {}
    for line in lines:
        groups.setdefault((line.split(": ")[0], line.rsplit(": ", 1)[-1]), []).append(line)
    for (program, reason), members in groups.items():
        if len(members) > 3:
            yield f"{program}: {len(members)} tests: {reason}"
        else:
            yield from members


STEPS = [
    ("layers", layers),
    ("gcc", build_gcc),
    ("shape", shape),
    ("clang", build_clang),
    ("asan", build_asan),
    ("unit", unit),
    ("flow", flow),
    ("console", console),
    ("conformance", conformance),
    ("attacks", attacks),
    ("manual", manual),
]


def main():
    wanted = sys.argv[1:]
    unknown = set(wanted) - {name for name, _ in STEPS}
    if unknown:
        print(f"unknown step '{unknown.pop()}' (steps: {' '.join(name for name, _ in STEPS)})")
        return 2
    total, table = Result(), []
    for name, step in STEPS:
        if wanted and name not in wanted:
            continue
        print(f"-- {name}", flush=True)
        started = time.monotonic()
        r = step()
        table.append((name, r, time.monotonic() - started))
        add(total, r)
    print(f"\n{'step':12}{'passed':>8}{'failed':>8}{'skipped':>8}{'seconds':>9}")
    for name, r, seconds in table:
        print(f"{name:12}{r.passed:8}{len(r.failed):8}{len(r.skipped):8}{seconds:9.1f}")
    for line in total.tables:
        print(line)
    for line in total.failed:
        print(f"failed: {line}")
    for line in shorten(total.skipped):
        print(f"skipped: {line}")
    print(f"\n{total.passed} passed, {len(total.failed)} failed, {len(total.skipped)} skipped")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
