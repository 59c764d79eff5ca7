#!/usr/bin/env python3
"""How good the classifier is on servers it has not seen; docs/classifier.md has the figures.

Usage: evaluate.py CORPUS [--build DIR] [--splits N] [--json FILE]. Five parts of the servers, forks kept together;
each part is judged by weights learnt from the other four and our own definitions, from name, description
and schema alone; N times with other parts (3).
"""
import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys

import data
import model
from data import CLASSES, SEVERITIES

VERBS = {
    "read": "get list read search find fetch show view describe query check validate count analyze lookup retrieve "
            "browse explain compare calculate",
    "write": "create add update set put edit write insert save upload rename move copy send post publish assign "
             "enable disable tag import share comment reply register modify change append",
    "execute": "run execute exec call invoke start stop restart trigger deploy install build launch click type "
               "navigate press eval submit play pause resume retry sync",
    "destructive": "delete remove drop purge clear destroy wipe revoke terminate uninstall reset cancel truncate flush",
    "financial": "pay buy sell transfer purchase charge refund trade swap order checkout withdraw",
}
VERB_OF = {w: CLASSES.index(c) for c, words in VERBS.items() for w in words.split()}


def by_verb(row):
    """The floor: the first verb of a list in the name, else in the description."""
    for w in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", row["tool"]):
        if w.lower() in VERB_OF:
            return VERB_OF[w.lower()]
    for w in re.findall(r"[a-z]+", row["description"].lower())[:30]:
        if w in VERB_OF or w.rstrip("s") in VERB_OF:
            return VERB_OF.get(w, VERB_OF.get(w.rstrip("s")))
    return 0


def judge(d, found):
    """What the program makes of a row when its classifier finds this: category, severity, labels."""
    text = "".join(json.dumps(dict(data.definition(r), category=CLASSES[c])) + "\n" for r, c in zip(d.rows, found))
    out = subprocess.run([d.build / "tools/classifier/classifier_judge"], input=text.encode(), capture_output=True,
                         check=True).stdout.decode().splitlines()
    return [line.split() for line in out]


def f1_of(pairs):
    out = []
    for c in range(len(CLASSES)):
        hit = sum(a == b == c for a, b in pairs)
        wrong = sum((a == c) != (b == c) for a, b in pairs)
        out.append(2 * hit / (2 * hit + wrong) if hit + wrong else 1.0)
    return out


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else 0.0


def hints(d, found, corrected):
    """Agreement with readOnlyHint, share of non-read tools called read, mean of the servers' agreement."""
    rows = []
    for i, r in enumerate(d.rows):
        hint = r["annotations"].get("readOnlyHint")
        if hint is None:
            continue
        if corrected:
            hint = d.y[i] == 0
        rows.append((r["server"], hint, found[i] == 0))
    servers = collections.defaultdict(list)
    for s, hint, is_read in rows:
        servers[s].append(hint == is_read)
    return {"tools": len(rows), "agreement": mean(h == f for _, h, f in rows),
            "non-read called read": mean(f for _, h, f in rows if not h),
            "read called non-read": mean(not f for _, h, f in rows if h),
            "mean of servers": mean(mean(v) for v in servers.values())}


def destructive_hints(d, found):
    rows = [(r["annotations"]["destructiveHint"], found[i] >= 2) for i, r in enumerate(d.rows)
            if "destructiveHint" in r["annotations"] and r["annotations"].get("readOnlyHint") is not True]
    return {"tools": len(rows), "agreement": mean(h == f for h, f in rows)}


def hand(d, found, use):
    pairs = [(d.y[i], found[i]) for i in use]
    misleading = [i for i in use if "m" in d.label[i]["flags"]]
    easy = [i for i in use if "h" not in d.label[i]["flags"]]
    servers = collections.defaultdict(list)
    for i in use:
        servers[d.rows[i]["server"]].append(d.y[i] == found[i])
    f1 = f1_of(pairs)
    return {"tools": len(pairs), "servers": len(servers), "strict": mean(a == b for a, b in pairs), "macro-F1": mean(f1),
            "F1": dict(zip(CLASSES, f1)), "misleading": mean(d.y[i] == found[i] for i in misleading),
            "misleading tools": len(misleading), "strict where not called hard": mean(d.y[i] == found[i] for i in easy),
            "not hard": len(easy), "mean of servers": mean(mean(v) for v in servers.values()),
            "dangerous called read": mean(b == 0 for a, b in pairs if a >= 2),
            "non-read called read": mean(b == 0 for a, b in pairs if a >= 1),
            "read called dangerous": mean(b >= 2 for a, b in pairs if a == 0)}


def calibration(pairs, bins=10):
    """Expected calibration error: (what was said, was it right)."""
    parts = collections.defaultdict(list)
    for p, right in pairs:
        parts[min(bins - 1, int(p * bins))].append((p, right))
    return sum(abs(mean(p for p, _ in v) - mean(r for _, r in v)) * len(v) for v in parts.values()) / len(pairs)


def crossed_confidence(d, probabilities, split):
    """Confidence by a curve that was fitted without the row's server: two halves, each by the other's."""
    half = [data.fold_of(g, f"half{split}", 2) for g in d.group]
    pairs = []
    for k in range(2):
        decided = [(i, model.decide(p)) for i, p in enumerate(probabilities)]
        curve = model.calibrate([(probabilities[i][c], c == d.y[i]) for i, c in decided if half[i] != k])
        pairs += [(model.confidence(probabilities[i][c], curve), c == d.y[i]) for i, c in decided if half[i] == k]
    return pairs


def confusion(d, found, use):
    table = collections.Counter((d.y[i], found[i]) for i in use)
    return [[table[a, b] for b in range(len(CLASSES))] for a in range(len(CLASSES))]


def severities(d, judged, use):
    def steps(i):
        return abs(SEVERITIES.index(judged[i][1]) - SEVERITIES.index(d.label[i]["severity"]))
    return {"exact": mean(steps(i) == 0 for i in use), "within one step": mean(steps(i) <= 1 for i in use)}


def labels(d, judged, use):
    out = {}
    for letter, name in zip("pusdm", ("reads_private", "reads_untrusted", "sends_out", "destroys", "spends")):
        truth, found = [letter in d.label[i]["labels"] for i in use], [letter in judged[i][2] for i in use]
        hit = sum(a and b for a, b in zip(truth, found))
        out[name] = {"precision": hit / max(1, sum(found)), "recall": hit / max(1, sum(truth))}
    return out


def measure(d, found, judged):
    sample = [i for i, x in enumerate(d.label) if x["pass2"] != "-"]
    every = range(len(d.rows))
    return {"hints": hints(d, found, False), "hints corrected": hints(d, found, True),
            "destructiveHint": destructive_hints(d, found), "sample": hand(d, found, sample),
            "all": hand(d, found, every), "confusion of the sample": confusion(d, found, sample),
            "confusion of all": confusion(d, found, every),
            "severity of the sample": severities(d, judged, sample), "severity of all": severities(d, judged, every),
            "labels of the sample": labels(d, judged, sample),
            "undescribed": mean(found[i] == d.y[i] for i in every if not d.rows[i]["description"])}


def passes(d):
    """What two people made of the same tools."""
    both = [x for x in d.label if x["pass2"] != "-"]
    out = {"tools": len(both)}
    for part, name in ((0, "category"), (1, "severity")):
        a, b = ([x[k].split("/")[part] for x in both] for k in ("pass1", "pass2"))
        same = mean(x == y for x, y in zip(a, b))
        ca, cb = collections.Counter(a), collections.Counter(b)
        chance = sum(ca[k] * cb[k] for k in ca) / len(a) ** 2
        out[name] = {"agree": same, "kappa": (same - chance) / (1 - chance)}
    return out


def average(parts):
    if isinstance(parts[0], dict):
        return {k: average([p[k] for p in parts]) for k in parts[0]}
    if isinstance(parts[0], list):
        return [average(list(p)) for p in zip(*parts)]
    return sum(parts) / len(parts)


def show(name, value, depth=0):
    if isinstance(value, dict):
        print("  " * depth + name)
        for k, v in value.items():
            show(k, v, depth + 1)
    else:
        shown = f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
        print(f"{'  ' * depth}{name}: {shown}")


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("corpus", type=pathlib.Path)
    a.add_argument("--build", type=pathlib.Path, default=data.ROOT / "build")
    a.add_argument("--splits", type=int, default=3)
    a.add_argument("--json", type=pathlib.Path)
    a = a.parse_args()
    d = model.Data(data.read_corpus(a.corpus), data.read_labels(), data.read_own(), a.build)
    parts, errors = [], []
    for split in range(1, a.splits + 1):  # settings were chosen on split 0
        probabilities, bare = model.out_of_fold(d, split)
        judged = judge(d, [model.decide(p) for p in probabilities])
        parts.append(measure(d, [CLASSES.index(x[0]) for x in judged], judged))
        errors.append({"described": calibration(crossed_confidence(d, probabilities, split)),
                       "without description": calibration(crossed_confidence(d, bare, split)),
                       "strict without description": mean(model.decide(p) == y for p, y in zip(bare, d.y))})
    floor = [by_verb(r) for r in d.rows]
    out = {"classifier": average(parts), "calibration error": average(errors),
           "spread of strict": max(p["sample"]["strict"] for p in parts) - min(p["sample"]["strict"] for p in parts),
           "list of verbs": measure(d, floor, judge(d, floor)), "passes": passes(d),
           "hints judged wrong": sum("readOnlyHint" in r["annotations"] and
                                     r["annotations"]["readOnlyHint"] != (y == 0) for r, y in zip(d.rows, d.y))}
    show("figures", out)
    if a.json:
        a.json.write_text(json.dumps(out, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
