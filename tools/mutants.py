#!/usr/bin/env python3
"""Do the tests of the policy language notice a mistake in it?

Makes random small mistakes in src/policy/*.c, one at a time: another comparison, a condition
turned round, a constant off by one, a statement left out. Each is compiled in a build of its own
and run against the tests of policies alone. A mistake that no test notices is printed with its
difference: either a test is missing, or the change means nothing, and docs/mutants.md says why.

  tools/mutants.py                  200 mistakes of seed 1
  tools/mutants.py --count 10       fewer
  tools/mutants.py --seed 7         others
  tools/mutants.py --only ip.c      in one file
  tools/mutants.py --id 3fa2b4c5d6  one again, by its id

Exit status 1 when fewer than --at-least percent (95) were noticed.
"""
import argparse
import difflib
import hashlib
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
JUDGED = ROOT / "docs/mutants.md"
# What lies beside the sources and is not needed to build.
LEFT_OUT = {".git", "node_modules"}

TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)|(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<directive>^[ \t]*\#(?:\\\n|[^\n])*)"""
    r"""|(?P<number>\b\d+u?(?:ll|l)?\b)|(?P<word>[A-Za-z_]\w*)"""
    r"""|(?P<operator>->|\+\+|--|<<=?|>>=?|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^<>=!~?:;,.(){}\[\]])""",
    re.S | re.M)
COMPARED = ["<", "<=", ">", ">=", "==", "!="]
SWAPPED = {"&&": "||", "||": "&&", "+": "-", "-": "+", "*": "/", "++": "--", "--": "++", "+=": "-=", "-=": "+=",
           "&": "|", "|": "&", "<<": ">>", ">>": "<<"}
WORDS = {"true": "false", "false": "true", "continue": "break", "break": "continue"}
STATEMENT = re.compile(r"^[ \t]+(?!return\b|goto\b|break\b|continue\b|case\b|default\b|else\b|if\b|for\b|while\b|do\b"
                       r"|static\b|const\b|struct\b|enum\b|va_|BUG_ON)[\w>.\[\]*()-]+\s*(?:\(|=[^=]|[-+|&]=|\+\+|--)[^;{}]*;[ \t]*$",
                       re.M)
DECLARED = re.compile(r"^[ \t]+(?:unsigned|int|bool|char|size_t|u?int\d+_t|long|double|void|quota_amount)\b")
CONDITION = re.compile(r"\b(?:if|while) \(")


class Mutant:
    """One change: text[start:end] becomes `new`."""

    def __init__(self, path, text, start, end, new, kind):
        self.path, self.text, self.start, self.end, self.new, self.kind = path, text, start, end, new, kind
        begin = text.rfind("\n", 0, start) + 1
        self.line = text.count("\n", 0, start) + 1
        around = text[begin:text.find("\n", end)]
        # Of what stands there, not of where it stands: lines move.
        before = text[:begin].count(around)
        key = f"{path.name}|{around.strip()}|{start - begin}|{before}|{kind}|{new}"
        self.id = hashlib.sha256(key.encode()).hexdigest()[:10]

    def mutated(self):
        return self.text[:self.start] + self.new + self.text[self.end:]

    def difference(self):
        name = str(self.path.relative_to(ROOT))
        return "".join(difflib.unified_diff(self.text.splitlines(True), self.mutated().splitlines(True), name, name, n=2))


def closing(text, at):
    """Where the parenthesis that opens at `at` is closed."""
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if depth == 0:
            return i
    return -1


def blanked(text):
    """The text with comments, strings and directives as spaces: the same length."""
    def blank(m):
        if m.lastgroup in ("comment", "text", "directive"):
            return re.sub(r"[^\n]", " ", m.group())
        return m.group()
    return TOKEN.sub(blank, text)


def inside_function(bare):
    """For each place: does it stand in the body of a function? Tables of constants do not."""
    inside, depth, body = [False] * (len(bare) + 1), 0, False
    for i, c in enumerate(bare):
        if c == "{":
            if depth == 0:
                body = bare[:i].rstrip().endswith(")")
            depth += 1
        elif c == "}":
            depth -= 1
        inside[i] = body and depth > 0
    return inside


def mutants_of(path):
    text = path.read_text()
    bare = blanked(text)
    inside = inside_function(bare)
    found = []

    def add(start, end, new, kind):
        if inside[start]:
            found.append(Mutant(path, text, start, end, new, kind))

    for m in TOKEN.finditer(bare):
        word, start, end = m.group(), m.start(), m.end()
        # A star or an ampersand may be of a type or an address: only between spaces is it one of two values.
        spaced = bare[start - 1] == " " and bare[end:end + 1] == " "
        if m.lastgroup == "number":
            add(start, end, str(int(re.match(r"\d+", word).group()) + 1), "constant")
            if word == "1":
                add(start, end, "0", "constant")
        elif word in WORDS and m.lastgroup == "word":
            add(start, end, WORDS[word], "word")
        elif word in COMPARED and spaced:
            for other in COMPARED:
                if other != word:
                    add(start, end, other, "comparison")
        elif word in SWAPPED and (spaced or word in ("++", "--")):
            add(start, end, SWAPPED[word], "operator")
        elif word == "!" and bare[end:end + 1] != "=":
            add(start, end, "", "negation")
    for m in CONDITION.finditer(bare):
        at = m.end() - 1
        end = closing(bare, at)
        if end > 0:
            add(at, end + 1, "(!" + text[at:end + 1] + ")", "condition")
    for m in STATEMENT.finditer(bare):
        if not DECLARED.match(m.group()):
            add(m.start(), m.end(), re.match(r"[ \t]*", m.group()).group() + ";", "statement")
    return found


class Build:
    """A copy of the sources, and a build of it that nobody else uses."""

    def __init__(self, folder, sanitize):
        self.folder, self.source, self.out = folder, folder / "source", folder / "out"
        self.copy()
        if not (self.out / "build.ninja").exists():
            options = ["--buildtype=plain", "-Doptimization=0", "-Ddebug=false", "-Dwerror=false", "-Dwarning_level=0"]
            if sanitize:
                options += ["-Db_sanitize=address,undefined", "-Db_lundef=false"]
            subprocess.run(["meson", "setup", self.out, self.source, *options], check=True, stdout=subprocess.DEVNULL)

    def copy(self):
        self.source.mkdir(parents=True, exist_ok=True)
        tracked = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "-z"], check=True,
                                 capture_output=True, text=True).stdout.split("\0")
        for name in filter(None, tracked):
            a, b = ROOT / name, self.source / name
            if LEFT_OUT & set(pathlib.Path(name).parts) or not a.is_file():
                continue
            if not b.exists() or a.read_bytes() != b.read_bytes():
                b.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(a, b)

    def make(self, *targets):
        return subprocess.run(["ninja", "-C", self.out, *targets], capture_output=True, text=True)

    def run(self, test, seconds):
        """True: it passes."""
        try:
            r = subprocess.run([self.out / "tests/unit" / test], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               timeout=seconds, cwd=self.source, env={"GH_CASES": str(self.source / "tests/cases"),
                                                                      "PATH": "/usr/bin:/bin"})
        except subprocess.TimeoutExpired:
            return False
        return r.returncode == 0


def tests_of(build):
    """Those of policies; the one of the case files first, because it notices most."""
    names = sorted(p.stem for p in (build.source / "tests/unit").glob("t_policy_*.c")) + ["t_gate_judge"]
    return sorted(names, key=lambda n: n != "t_policy_cases")


def try_mutant(build, mutant, tests, seconds):
    """'killed', 'survived', or 'stillborn': it does not compile."""
    target = build.source / mutant.path.relative_to(ROOT)
    target.write_text(mutant.mutated())
    try:
        for test in tests:
            if build.make("tests/unit/" + test).returncode != 0:
                return "stillborn"
            if not build.run(test, seconds[test]):
                return "killed"
        return "survived"
    finally:
        target.write_text(mutant.text)


def judged():
    """Ids that docs/mutants.md says to mean nothing."""
    return set(re.findall(r"^\| `([0-9a-f]{10})` \|", JUDGED.read_text(), re.M)) if JUDGED.exists() else set()


def prepare(args):
    build = Build(pathlib.Path(args.build).resolve(), args.sanitize)
    tests, seconds = tests_of(build), {}
    for test in tests:
        made = build.make("tests/unit/" + test)
        if made.returncode != 0:
            sys.exit(f"mutants: the sources do not build:\n{made.stdout[-2000:]}")
        start = time.monotonic()
        if not build.run(test, 300):
            sys.exit(f"mutants: {test} fails without any mistake")
        seconds[test] = 10 + 10 * (time.monotonic() - start)
    return build, tests, seconds


def choose(args):
    files = sorted((ROOT / "src/policy").glob(args.only or "*.c"))
    every = [m for path in files for m in mutants_of(path)]
    if args.id:
        return [m for m in every if m.id in args.id], len(every)
    # A comparison can go wrong in five ways and a condition in one: each place counts once.
    places = {}
    for m in every:
        places.setdefault((m.path, m.start, m.kind), []).append(m)
    chance = random.Random(args.seed)
    chosen = [chance.choice(ways) for ways in places.values()]
    chance.shuffle(chosen)
    return chosen, len(every)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="how many (200); those that do not compile do not count")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", metavar="GLOB", help="files of src/policy")
    parser.add_argument("--id", action="append", help="only this one; may be given more than once")
    parser.add_argument("--build", default=str(ROOT / "build-mutants"), metavar="DIR")
    parser.add_argument("--sanitize", action="store_true", help="with ASan and UBSan: slower, notices more")
    parser.add_argument("--at-least", type=float, default=95.0, metavar="PERCENT")
    args = parser.parse_args()
    chosen, possible = choose(args)
    build, tests, seconds = prepare(args)
    known, counts, survivors = judged(), {"killed": 0, "survived": 0, "stillborn": 0, "judged": 0}, []
    for mutant in chosen:
        if counts["killed"] + counts["survived"] + counts["judged"] == args.count:
            break
        what = try_mutant(build, mutant, tests, seconds)
        if what == "survived" and mutant.id in known:
            what = "judged"
        counts[what] += 1
        if what != "stillborn":
            print(f"{what:9} {mutant.id} {mutant.path.name}:{mutant.line} {mutant.kind}", flush=True)
        if what == "survived":
            survivors.append(mutant)
    for mutant in survivors:
        print(f"\n{mutant.id}\n{mutant.difference()}", end="")
    total = counts["killed"] + counts["survived"]
    percent = 100.0 * counts["killed"] / total if total else 0.0
    print(f"\n{total + counts['judged']} of {possible} possible mistakes, seed {args.seed}: {counts['killed']} noticed, "
          f"{counts['survived']} not, {counts['judged']} judged to mean nothing ({counts['stillborn']} did not compile): {percent:.1f} %")
    return 0 if percent >= args.at_least else 1


if __name__ == "__main__":
    sys.exit(main())
