#!/usr/bin/env python3
"""Checks the shape of the tree: what a reader may rely on in every file.

Fails on: functions over 70 lines, files over 600, a file without its opening comment,
typedefs of structs, leftover notes, paths of one machine, headers that do not compile
alone, sources and tests that no build lists, writable globals (but for tools/layers.txt).
Tells, without failing: lines over 100 columns, exports that one file alone uses.
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 600
COLUMNS_MAX = 100
TEXT = {".c", ".h", ".py", ".sh", ".mjs", ".js", ".lua", ".md", ".build", ".yaml", ".yml", ".sql", ".txt", ""}
PROGRAM = {".c", ".h", ".py", ".sh", ".mjs", ".js", ".lua"}
# Written in two pieces, so that this file does not find itself.
NOTES = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]) + r")\b")
MACHINE = re.compile(r"(?<![\w.])/(" + "|".join(["wo" + "rk", "ro" + "ot", "opt/whe" + "els"]) + r")(/|\b)(?!\w)")
LIBRARIES = ["libuv", "libllhttp", "yyjson", "libsodium", "sqlite3", "libpcre2-8", "yaml-0.1", "libcurl", "openssl"]


def tracked():
    """Files that git knows or would add; all of them when there is no git."""
    try:
        out = subprocess.run(["git", "-c", f"safe.directory={ROOT}", "ls-files", "-co", "--exclude-standard"],
                             cwd=ROOT, capture_output=True, text=True, check=True).stdout
        names = out.splitlines()
    except (OSError, subprocess.CalledProcessError):
        names = [p.relative_to(ROOT).as_posix() for p in ROOT.rglob("*")
                 if not re.search(r"(^|/)(build[^/]*|node_modules|\.git)/", p.relative_to(ROOT).as_posix())]
    return sorted(p for p in (ROOT / n for n in names) if (p.is_file() or p.is_symlink()) and p.name != "LICENSE")


def functions(lines):
    """(line number, length) of each function: its braces stand alone in column 0."""
    start = None
    for number, line in enumerate(lines, 1):
        if line.rstrip() == "{":
            start = number
        elif line.startswith("}") and start:
            yield start, number - start + 1
            start = None


def check_text(name, lines):
    for number, line in enumerate(lines, 1):
        m = NOTES.search(line)
        if m:
            yield f"{name}:{number}: '{m.group(1)}': a note is not work; do it or leave it out"
        m = MACHINE.search(line)
        if m:
            yield f"{name}:{number}: '{m.group(0)}': a path of one machine"


def check_c(name, lines):
    if not lines or not lines[0].startswith("/*"):
        yield f"{name}:1: starts without a comment that says what this file is for"
    for start, length in functions(lines):
        if length > FUNCTION_LINES_MAX:
            yield f"{name}:{start}: function of {length} lines (at most {FUNCTION_LINES_MAX})"
    for number, line in enumerate(lines, 1):
        if re.match(r"\s*typedef\s+(struct|enum|union)\b", line):
            yield f"{name}:{number}: typedef of a struct, enum or union"


def check_lengths(paths):
    found, wide = [], []
    for p in paths:
        name = p.relative_to(ROOT).as_posix()
        if p.is_symlink():
            found.append(f"{name}:1: a symbolic link to '{os.readlink(p)}'")
        if not p.is_file() or p.suffix not in TEXT or name.startswith(("tests/cases/", "tests/fuzz/seeds/")):
            continue
        try:
            lines = p.read_text().splitlines()
        except UnicodeDecodeError:
            found.append(f"{name}:1: not UTF-8")
            continue
        found += check_text(name, lines)
        if p.suffix in PROGRAM and len(lines) > FILE_LINES_MAX:
            found.append(f"{name}:{len(lines)}: file of {len(lines)} lines (at most {FILE_LINES_MAX})")
        if p.suffix in {".c", ".h"}:
            found += check_c(name, lines)
            wide += [f"{name}:{n}: {len(x.expandtabs(8))} columns" for n, x in enumerate(lines, 1)
                     if len(x.expandtabs(8)) > COLUMNS_MAX]
    return found, wide


def check_listed(paths):
    """A test that no meson.build names would never run."""
    for folder, pattern in (("unit", r"t_\w+\.c"), ("fuzz", r"fuzz_\w+\.c")):
        listed = (ROOT / "tests" / folder / "meson.build").read_text()
        for p in paths:
            if p.parent == ROOT / "tests" / folder and re.fullmatch(pattern, p.name):
                if f"'{p.stem}'" not in listed:
                    yield f"tests/{folder}/{p.name}:1: not in tests/{folder}/meson.build"
                seeds = ROOT / "tests/fuzz/seeds" / p.stem
                if folder == "fuzz" and not (seeds.is_dir() and any(seeds.iterdir())):
                    yield f"tests/fuzz/{p.name}:1: no seeds in tests/fuzz/seeds/{p.stem}/"
    for p in paths:
        if p.suffix == ".c" and p.is_relative_to(ROOT / "src") and p.parent != ROOT / "src":
            if f"'{p.name}'" not in (p.parent / "meson.build").read_text():
                yield f"{p.relative_to(ROOT)}:1: not in {p.parent.relative_to(ROOT)}/meson.build"


def check_headers(paths):
    """Each header compiles alone, before anything else was included."""
    cc = os.environ.get("CC", "cc").split()
    flags = subprocess.run(["pkg-config", "--cflags", *LIBRARIES], capture_output=True, text=True).stdout.split()
    headers = [p for p in paths if p.suffix == ".h" and p.is_relative_to(ROOT / "src")]

    def compile_alone(p):
        name = p.relative_to(ROOT / "src").as_posix()
        r = subprocess.run(
            [*cc, "-std=gnu17", "-D_GNU_SOURCE", '-DGATEHOUSE_VERSION="0"', "-I", ROOT / "src", *flags,
             "-fsyntax-only", "-Wall", "-Werror", "-x", "c", "-"],
            input=f'#include "{name}"\n', capture_output=True, text=True)
        first = next((x for x in r.stderr.splitlines() if "error" in x), "")
        return f"src/{name}:1: does not compile alone: {first}" if r.returncode else None

    if not shutil.which(cc[0]):
        return ["no C compiler: headers were not checked"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [x for x in pool.map(compile_alone, headers) if x]


def check_globals():
    """Writable data in the built library; tables are const and stand elsewhere."""
    library = ROOT / "build/libcore.a"
    if not library.is_file() or not shutil.which("nm"):
        return
    may = re.search(r"^@globals (.*)$", (ROOT / "tools/layers.txt").read_text(), re.M).group(1).split()
    out = subprocess.run(["nm", "-A", "--format=sysv", library], capture_output=True, text=True).stdout
    for line in out.splitlines():
        m = re.match(r".*src_([a-z]+)_(\w+)\.c\.o:([^|]*)\|", line)
        section = line.rsplit("|", 1)[-1].strip()
        if not m or not re.match(r"\.(data|bss|tbss)(?!\.rel\.ro)", section):
            continue
        name = f"{m.group(1)}/{m.group(2)}.c"
        if not any(name == x or (x.endswith("/") and name.startswith(x)) for x in may):
            yield f"src/{name}:1: writable global '{m.group(3).strip()}'"


def lonely_exports(paths):
    """Functions that a header shows and nobody but their own file uses."""
    sources = {p: p.read_text() for p in paths if p.suffix in {".c", ".h"} and "fuzz/seeds" not in p.as_posix()}
    words = {p: set(re.findall(r"\b\w+\b", t)) for p, t in sources.items()}
    for p, text in sources.items():
        if p.suffix != ".h" or not p.is_relative_to(ROOT / "src"):
            continue
        bare = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        for name in sorted(set(re.findall(r"^[a-z][\w \t*]*?\b([a-z]\w+)\([^;{}]*\)[\w\s(),]*;", bare, flags=re.M))):
            users = [q for q, w in words.items() if name in w and q != p]
            if len([q for q in users if q.suffix == ".c"]) <= 1:
                yield f"{p.relative_to(ROOT)}: {name}() is used by {'its own file alone' if users else 'nobody'}"


def main():
    paths = tracked()
    found, wide = check_lengths(paths)
    found += check_listed(paths)
    found += check_headers(paths)
    found += check_globals()
    advice = wide + list(lonely_exports(paths))
    if "--advice" in sys.argv[1:]:
        print("\n".join(advice))
    print("\n".join(found + [f"shape: {len(paths)} files, {len(found)} mistakes, {len(advice)} pieces of advice"
                             " (tools/shape.py --advice)"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
