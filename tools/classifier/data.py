"""What the trainer and the evaluation share: rows, labels, features as the program sees them, groups of
servers that are kept together, and fitting."""
import collections
import hashlib
import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = pathlib.Path(__file__).resolve().parent
CLASSES = ("read", "write", "execute", "destructive", "financial")
SEVERITIES = ("low", "medium", "high", "critical")


def key_of(row):
    """A row of the corpus without its words."""
    text = "\0".join((row["server"], row["tool"], row.get("variant") or ""))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_corpus(folder):
    with open(pathlib.Path(folder) / "tools-dev.jsonl", encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def read_labels(path=HERE / "labels.tsv"):
    """key -> fields; the first line names them."""
    lines = path.read_text().splitlines()
    names = lines[0].split("\t")
    return {x["key"]: x for x in (dict(zip(names, line.split("\t"))) for line in lines[1:])}


def read_own(path=HERE / "own.jsonl"):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


def definition(row, description=None, with_schema=True):
    """As tools/list has it; what the server claims is left out."""
    schema = row.get("inputSchema") if with_schema else None
    d = {"server": row.get("server", ""), "name": row.get("tool", row.get("name")),
         "description": row["description"] if description is None else description}
    if schema:
        d["inputSchema"] = schema
    return d


def features(definitions, build):
    text = "".join(json.dumps(d, ensure_ascii=False) + "\n" for d in definitions)
    out = subprocess.run([build / "tools/classifier/classifier_features"], input=text.encode(), check=True,
                         capture_output=True).stdout.decode().splitlines()
    if len(out) != len(definitions) + 1:
        raise SystemExit(f"{len(definitions)} rows in, {len(out) - 1} out")
    return [int(x) for x in out[0].split()], [[int(x) for x in line.split()] for line in out[1:]]


def groups_of(rows):
    """A number for each row: servers that publish the same tools (forks) are one group."""
    tools = collections.defaultdict(set)
    for r in rows:
        tools[r["server"]].add((r["tool"], r["description"][:60]))
    where = collections.defaultdict(set)
    for server, names in tools.items():
        for name in names:
            where[name].add(server)
    parent = {s: s for s in tools}

    def find(s):
        while parent[s] != s:
            s = parent[s]
        return s

    shared = collections.Counter()
    for servers in where.values():
        servers = sorted(servers)
        for i, a in enumerate(servers):
            for b in servers[i + 1:]:
                shared[a, b] += 1
    for (a, b), n in sorted(shared.items()):
        if n >= 2 and n * 4 >= min(len(tools[a]), len(tools[b])):
            parent[find(a)] = find(b)
    return [find(r["server"]) for r in rows]


def fold_of(group, split, folds):
    h = hashlib.sha256(f"{split}/{group}".encode()).digest()
    return int.from_bytes(h[:8], "big") % folds


def fit(n_features, rows, build, epochs=30, rate=0.1, l2=0.02, drop=0.0, scales=()):
    """rows: (weight, shares, features); scales: (first feature, how much one counts from there on).
    feature -> its weights, the scale in them."""
    lines = [f"{n_features} {len(rows[0][1])} {len(rows)} {epochs} {rate} {l2} {drop} {len(scales)}"]
    lines += [f"{start} {scale:g}" for start, scale in scales]
    for weight, share, found in rows:
        lines.append(" ".join([f"{weight:g}", *(f"{x:g}" for x in share), str(len(found)), *map(str, found)]))
    out = subprocess.run([build / "tools/classifier/classifier_fit"], input="\n".join(lines).encode(), check=True,
                         capture_output=True).stdout.decode().splitlines()
    return {int(x[0]): [float(y) for y in x[1:]] for x in (line.split() for line in out)}
