#!/usr/bin/env python3
"""make bench-catalog: the catalogue at its full size. Prints the figures and writes build/catalog.json.

    catalog.py [--servers 43000] [--tools 515000] [--questions 2000] [--keep DIR] [--no-site]

Makes the servers up (tools/catalog_generate.py), then measures: import and classification of the file by
`gatehouse catalog add`, searches in one process, one search by the command line, the file's size, an import
of the same file again, and the static site.
"""
import argparse
import json
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import catalog_generate as made  # noqa: E402

GATEHOUSE = ROOT / "build/gatehouse"
LIMITS = {"import_s": 60, "search_p99_ms": 20, "site_s": 300}


def questions(n):
    """Mixed: words of names and descriptions, prefixes, two words, facets, servers, pages far behind."""
    rng = random.Random(7)
    verbs = [v for _, words in made.VERBS for v in words.split()]
    text = [w.strip(".,:") for s in made.SENTENCES for w in s.split() if "{" not in w]
    for _ in range(n):
        one = rng.choice(rng.choice((verbs, made.OBJECTS, text)))
        kind = rng.random()
        words, bits, server, pages = one, [0, 0, 0, 0], "", 1
        if kind < .2:
            words = one[:rng.randint(1, len(one))]
        elif kind < .45:
            words = f"{one} {rng.choice(made.OBJECTS)}"
        elif kind < .55:
            words = f"{one[:3]} {rng.choice(text)} {rng.choice(verbs)[:4]}"
        elif kind < .6:
            words = "".join(rng.choices(made.SYLLABLES, k=2))
        elif kind < .65:
            words = ""
        if rng.random() < .5:
            bits[rng.randrange(4)] = 1 << rng.randrange(1, 5)
        if rng.random() < .2:
            bits[0] = 0b11000
        if rng.random() < .1:
            pages = 40
        yield "\t".join([words, *map(str, bits), server, str(pages)])


def timed(command, **more):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    done = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True, **more)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round(time.monotonic() - start, 3), round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2), done.stdout


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--servers", type=int, default=43000)
    p.add_argument("--tools", type=int, default=515000)
    p.add_argument("--questions", type=int, default=2000)
    p.add_argument("--keep", help="folder for the file and the catalogue; what is there is used again")
    p.add_argument("--no-site", action="store_true")
    a = p.parse_args()
    folder = pathlib.Path(a.keep or tempfile.mkdtemp(prefix="bench-catalog-", dir=os.environ.get("TMPDIR")))
    folder.mkdir(parents=True, exist_ok=True)
    data, db, site = folder / f"servers-{a.servers}-{a.tools}.jsonl", folder / "catalog.db", folder / "site"
    r = {"cores": os.cpu_count(), "load_before": os.getloadavg()[0], "servers": a.servers, "tools": a.tools}
    try:
        if not data.exists():
            r["generate_s"], _, _ = timed([sys.executable, ROOT / "tools/catalog_generate.py", "--servers", a.servers, "--tools", a.tools,
                                           "--out", data])
        for old in folder.glob("catalog.db*"):
            old.unlink()
        r["data_mb"] = round(data.stat().st_size / 1e6, 1)
        add = [GATEHOUSE, "catalog", "add", data, "--db", db, "--jsonl"]
        r["import_s"], r["import_cpu_s"], said = timed(add)
        r["imported"] = said.strip()
        r["db_mb"] = round(db.stat().st_size / 1e6, 1)
        _, _, out = timed([ROOT / "build/tests/perf/bench_catalog", db], input="\n".join(questions(a.questions)) + "\n")
        r["search"] = json.loads(out)
        r["search_p99_ms"] = r["search"]["p99_us"] / 1000
        r["command_search_s"], _, _ = timed([GATEHOUSE, "catalog", "search", "delete", "repository", "--db", db])
        r["again_s"], _, _ = timed(add)
        help_text = subprocess.run([GATEHOUSE, "help"], stdout=subprocess.PIPE, text=True, check=True).stdout
        if not a.no_site and "catalog site" in help_text:
            r["site_s"], r["site_cpu_s"], _ = timed([GATEHOUSE, "catalog", "site", site, "--db", db])
            r["site_files"] = sum(len(files) for _, _, files in os.walk(site))
        r["load_after"] = os.getloadavg()[0]
    finally:
        if not a.keep:
            shutil.rmtree(folder)
    (ROOT / "build/catalog.json").write_text(json.dumps(r, indent=2) + "\n")
    print(json.dumps(r, indent=2))
    missed = [f"{k} is {r[k]}, more than {limit}" for k, limit in LIMITS.items() if k in r and r[k] > limit]
    for m in missed:
        print("bench-catalog:", m, file=sys.stderr)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
