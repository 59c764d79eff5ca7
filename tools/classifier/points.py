#!/usr/bin/env python3
"""Learns src/catalog/points.inc: the points by which labels and severity are decided.

    tools/classifier/points.py BUILD CORPUS            # prints what it would write, and how good it is
    tools/classifier/points.py BUILD CORPUS --write

Logistic regression with an L1 penalty (proximal gradient), each number rounded to tenths: few words
decide, and a person can read them. Nothing of the corpus goes into the table but these numbers.
"""
import argparse
import json
import math
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import data  # noqa: E402

INC = HERE.parent.parent / "src/catalog/points.inc"
LEXICON = HERE.parent.parent / "src/catalog/lexicon.def"
SIGNALS = ("COMMAND", "CODE", "QUERY", "PATH", "URL", "BULK", "AMOUNT", "RECIPIENT", "HTML", "CREDENTIAL", "PERMISSION", "MANY")
BEGIN = {"read": 1, "write": 2, "execute": 3, "destructive": 3, "financial": 4}
SEVERITY = {"low": 1, "medium": 2, "high": 3, "critical": 4}
LEAST = 10  # rows in which a word must stand to be counted


def of_label(letter):
    return lambda x: letter in x["labels"]


def up(x):
    return SEVERITY[x["severity"]] > BEGIN[x["category"]]


def down(x):
    return SEVERITY[x["severity"]] < BEGIN[x["category"]]


ACT = ("write", "execute", "destructive", "financial")
# name, of which categories, what is asked, the penalty, and how much a missed yes weighs against a false one
DECISIONS = (
    ("PRIVATE_READ", ("read",), of_label("p"), 6, 1.0),
    ("PRIVATE_ACT", ACT, of_label("p"), 6, 1.0),
    ("UNTRUSTED_READ", ("read",), of_label("u"), 6, 1.2),
    ("UNTRUSTED_ACT", ACT, of_label("u"), 6, 0.6),
    ("SENDS_READ", ("read",), of_label("s"), 5, 1.0),
    ("SENDS_ACT", ACT, of_label("s"), 5, 0.4),
    ("READ_UP", ("read",), up, 5, 0.0),
    ("WRITE_UP", ("write",), up, 4, 0.0),
    ("WRITE_DOWN", ("write",), down, 4, 0.0),
    ("EXECUTE_UP", ("execute",), up, 3, 0.0),
    ("EXECUTE_DOWN", ("execute",), down, 3, 0.0),
    ("DESTRUCTIVE_UP", ("destructive",), up, 3, 0.0),
    ("DESTRUCTIVE_DOWN", ("destructive",), down, 3, 0.0),
)


def sigmoid(s):
    return 1 / (1 + math.exp(-s)) if s > -500 else 0.0


def steepness(rows, width):
    """The largest eigenvalue of X'X / 4, by powers; what bounds the step."""
    v = [1.0] * (width + 1)
    size = 1.0
    for _ in range(20):
        out = [0.0] * (width + 1)
        for r in rows:
            s = v[width] + sum(v[j] for j in r)
            out[width] += s
            for j in r:
                out[j] += s
        size = math.sqrt(sum(x * x for x in out))
        v = [x / size for x in out]
    return size / 4


def fit(rows, wanted, width, penalty, rounds=150):
    step = 1 / (steepness(rows, width) * 1.05)
    w, z, t = [0.0] * (width + 1), [0.0] * (width + 1), 1.0
    for _ in range(rounds):
        g = [0.0] * (width + 1)
        for r, y in zip(rows, wanted):
            e = sigmoid(z[width] + sum(z[j] for j in r)) - y
            g[width] += e
            for j in r:
                g[j] += e
        new = []
        for j in range(width + 1):
            v = z[j] - step * g[j]
            k = penalty * step if j < width else 0.0
            new.append(v - k if v > k else v + k if v < -k else 0.0)
        after = (1 + math.sqrt(1 + 4 * t * t)) / 2
        z = [a + (t - 1) / after * (a - b) for a, b in zip(new, w)]
        w, t = new, after
    return w


def learn(found, wanted, penalty, weight):
    """(points by feature, bias) as whole tenths; the bias is moved to where the answer is best."""
    count = {}
    for r in found:
        for f in r:
            count[f] = count.get(f, 0) + 1
    kept = sorted(f for f in count if count[f] >= LEAST)
    at = {f: i for i, f in enumerate(kept)}
    w = fit([[at[f] for f in r if f in at] for r in found], wanted, len(kept), penalty)
    points = {f: round(10 * w[i]) for f, i in at.items() if round(10 * w[i])}
    sums = [sum(points.get(f, 0) for f in r) for r in found]

    def worth(bias):
        yes = [s + bias > 0 for s in sums]
        hit = sum(1 for a, b in zip(yes, wanted) if a and b)
        false = sum(yes) - hit
        if not weight:
            return hit - false
        return (1 + weight ** 2) * hit / (sum(yes) + weight ** 2 * sum(wanted))

    bias = max(range(-60, 60), key=lambda b: (worth(b), -abs(b - round(10 * w[len(kept)]))))
    return points, bias


def score(yes, wanted):
    hit = sum(1 for a, b in zip(yes, wanted) if a and b)
    return f"precision {hit / max(1, sum(yes)):.3f} recall {hit / max(1, sum(wanted)):.3f} of {sum(wanted)} in {len(wanted)}"


def features(rows, build):
    text = "".join(json.dumps(data.definition(r), ensure_ascii=False) + "\n" for r in rows)
    out = subprocess.run([pathlib.Path(build) / "tools/classifier/classifier_points"], input=text.encode(), check=True,
                         capture_output=True).stdout.decode().splitlines()
    return int(out[0]), [[int(x) for x in line.split()] for line in out[1:]]


def words(concepts):
    """number -> how C calls it."""
    text = LEXICON.read_text()
    names = ["CONCEPT_NONE"]
    for kind, end in (("VERB", "CONCEPT_VERBS"), ("OBJECT", "CONCEPT_OBJECTS"), ("MARK", None)):
        names += [f"{kind}_{n}" for n in re.findall(rf"^{kind}\((\w+)", text, re.M)] + ([end] if end else [])
    if len(names) != concepts:
        raise SystemExit(f"{len(names)} concepts in the lexicon, {concepts} in the program: build it anew")
    out = {}
    for place, macro in enumerate(("POINT_NAME", "POINT_LEAD", "POINT_REST", "POINT_SERVER")):
        for i, n in enumerate(names):
            out[place * concepts + i] = f"{macro}({n})"
    for i, n in enumerate(SIGNALS):
        out[4 * concepts + i] = f"POINT_SIGNAL(SIGNAL_{n})"
    out[4 * concepts + 31] = "POINT_STATEMENT"
    return out


def render(tables, called):
    out = ["/* Written by tools/classifier/points.py. */\n"]
    for name, (points, _) in tables:
        out.append(f"static const struct point {name.lower()}[] = {{\n")
        for f, p in sorted(points.items(), key=lambda x: (-abs(x[1]), x[0])):
            out.append(f"\t{{ {called[f]}, {p} }},\n")
        out.append("};\n")
    out.append("static const struct {\n\tconst struct point *v;\n\tsize_t n;\n\tint bias;\n} tables[DECISIONS] = {\n")
    for name, (_, bias) in tables:
        out.append(f"\t[DECIDE_{name}] = {{ {name.lower()}, ARRAY_LEN({name.lower()}), {bias} }},\n")
    out.append("};\n")
    return "".join(out)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("build")
    p.add_argument("corpus")
    p.add_argument("--write", action="store_true")
    p.add_argument("--folds", type=int, default=0, help="also measure on servers left out, in so many folds")
    a = p.parse_args()
    labels = data.read_labels()
    rows = [r for r in data.read_corpus(a.corpus) if data.key_of(r) in labels]
    said = [labels[data.key_of(r)] for r in rows]
    groups = data.groups_of(rows) if a.folds else None
    concepts, found = features(rows, a.build)
    tables = []
    for name, categories, ask, penalty, weight in DECISIONS:
        at = [i for i, x in enumerate(said) if x["category"] in categories]
        wanted = [int(ask(said[i])) for i in at]
        table = learn([found[i] for i in at], wanted, penalty, weight)
        tables.append((name, table))
        print(f"{name}: {len(table[0])} words", file=sys.stderr)
        if not a.folds:
            continue
        fold = [data.fold_of(groups[i], 0, a.folds) for i in at]
        yes = [False] * len(at)
        for k in range(a.folds):
            part = [n for n in range(len(at)) if fold[n] != k]
            points, bias = learn([found[at[n]] for n in part], [wanted[n] for n in part], penalty, weight)
            for n in range(len(at)):
                if fold[n] == k:
                    yes[n] = sum(points.get(f, 0) for f in found[at[n]]) + bias > 0
        print(f"  left out: {score(yes, wanted)}", file=sys.stderr)
    text = render(tables, words(concepts))
    if a.write:
        INC.write_text(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
