#!/usr/bin/env python3
"""Makes src/catalog/weights.inc from the corpus, labels.tsv and own.jsonl, byte for byte the same each time.

Usage: train.py CORPUS [--build DIR] [--check]. CORPUS: the folder with tools-dev.jsonl. --check: compare with
what is there, write nothing. Only numbers are written; confidence is calibrated on tools of servers that
the weights it was measured with had not seen.
"""
import argparse
import difflib
import pathlib
import re
import sys

import data
import model

OUTPUT = data.ROOT / "src/catalog/weights.inc"


def points(name, curve):
    body = ", ".join(f"{{ {p:.4f}, {r:.4f} }}" for p, r in curve)
    return f"static const struct point {name}[POINTS] = {{ {body} }};"


def lexicon_digest(build):
    text = (build / "src/catalog/lexicon_table.c").read_text()
    return re.search(r"lexicon_digest = (\w+);", text).group(1)


def write_weights(d, build):
    pairs, bare_pairs = [], []
    for split in range(2):
        described, bare = model.out_of_fold(d, split)
        for i, y in enumerate(d.y):
            for p, out in ((described[i], pairs), (bare[i], bare_pairs)):
                c = model.decide(p)
                if d.rows[i]["description"] or out is bare_pairs:
                    out.append((p[c], c == y))
    weights = model.train(d, range(len(d.rows)))
    lines = ["/* Made by tools/classifier/train.py. Weights of the features (features.h), a column a category. */",
             f"#define WEIGHT_ONE {model.WEIGHT_ONE}",
             f"#define READ_AT_LEAST {model.READ_AT_LEAST}",
             f"#define WEIGHTS_FEATURES {d.header[0]}",
             f"#define WEIGHTS_LEXICON {lexicon_digest(build)}",
             "struct point {", "\tdouble p, right; /* the probability, and how often it was right */", "};",
             points("described", model.calibrate(pairs)), points("undescribed", model.calibrate(bare_pairs)),
             "static const int16_t weights[WEIGHTS_FEATURES][CLASSES] = {"]
    lines += [f"\t[{f}] = {{ {', '.join(map(str, w))} }}," for f, w in sorted(weights.items())]
    return "\n".join(lines) + "\n};\n"


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("corpus", type=pathlib.Path)
    a.add_argument("--build", type=pathlib.Path, default=data.ROOT / "build")
    a.add_argument("--check", action="store_true")
    a = a.parse_args()
    d = model.Data(data.read_corpus(a.corpus), data.read_labels(), data.read_own(), a.build)
    text = write_weights(d, a.build)
    if not a.check:
        OUTPUT.write_text(text)
        print(f"{OUTPUT.relative_to(data.ROOT)}: {text.count(chr(10))} lines")
        return 0
    same = OUTPUT.read_text() == text
    print("the weights are what the corpus and the labels make" if same else "the weights are not what is made:")
    if not same:
        diff = list(difflib.unified_diff(OUTPUT.read_text().splitlines(), text.splitlines(), lineterm="", n=0))
        print("\n".join(diff[:10]))
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
