"""Training as the program's weights are made, deciding, and calibration: shared by train.py and evaluate.py."""
import collections
import math

from data import CLASSES, definition, features, fit, fold_of, groups_of, key_of

WEIGHT_ONE = 256       # an integer weight of 1.0
WEIGHT_LEAST = 12      # what is less in every category is left out: most of it is chance
SETTINGS = {"epochs": 20, "rate": 0.05, "l2": 0.02, "drop": 0.3}
UNDESCRIBED = 0.3      # what a row counts without its description, beside itself
SERVERS_MIN = 2        # a feature that fewer have gets no weight
POINTS = 12
READ_AT_LEAST = 0.6    # less is not called read; chosen on split 0, which is not reported


class Data:
    """Rows of the corpus and of our own, with labels and features."""

    def __init__(self, rows, labels, own, build):
        self.rows, self.own = rows, own
        self.label = [labels[key_of(r)] for r in rows]
        self.y = [CLASSES.index(x["category"]) for x in self.label]
        self.header, self.x = features([definition(r) for r in rows], build)
        self.bare = features([definition(r, description="") for r in rows], build)[1]
        self.own_x = features([definition(r) for r in own], build)[1]
        self.own_y = [CLASSES.index(r["category"]) for r in own]
        self.group = groups_of(rows)
        self.build = build


def share(y):
    return [1.0 if c == y else 0.0 for c in range(len(CLASSES))]


def train(d, use):
    """use: numbers of the rows to learn from; our own are always among them. feature -> integer weights."""
    servers = collections.defaultdict(set)
    for i in use:
        for f in d.x[i]:
            servers[f].add(d.group[i])
    for i, found in enumerate(d.own_x):
        for f in found:
            servers[f].add(i)
    keep = {f for f, s in servers.items() if len(s) >= SERVERS_MIN}

    def known(found):
        return [f for f in found if f in keep]

    rows = [(1.0, share(d.y[i]), known(d.x[i])) for i in use]
    rows += [(UNDESCRIBED, share(d.y[i]), known(d.bare[i])) for i in use]
    rows += [(1.0, share(y), known(x)) for x, y in zip(d.own_x, d.own_y)]
    out = {}
    for f, w in fit(d.header[0], rows, d.build, **SETTINGS).items():
        whole = [max(-32768, min(32767, round(x * WEIGHT_ONE))) for x in w]
        if max(map(abs, whole)) >= WEIGHT_LEAST:
            out[f] = whole
    return out


def predict(weights, found):
    total = [0] * len(CLASSES)
    for f in found:
        for c, w in enumerate(weights.get(f, ())):
            total[c] += w
    most = max(total)
    p = [math.exp((t - most) / WEIGHT_ONE) for t in total]
    s = sum(p)
    return [x / s for x in p]


def decide(p, read_at_least=READ_AT_LEAST):
    best = max(range(1, len(p)), key=lambda c: p[c])
    return 0 if p[0] >= read_at_least and p[0] >= p[best] else best


def out_of_fold(d, split, folds=5):
    """Each row's probabilities by a model that saw nothing of its server, with and without the description."""
    described, bare = [None] * len(d.rows), [None] * len(d.rows)
    for k in range(folds):
        of = [fold_of(g, split, folds) for g in d.group]
        weights = train(d, [i for i, f in enumerate(of) if f != k])
        for i, f in enumerate(of):
            if f == k:
                described[i] = predict(weights, d.x[i])
                bare[i] = predict(weights, d.bare[i])
    return described, bare


def calibrate(pairs):
    """pairs: (probability of what was decided, was it right). POINTS points of a rising curve."""
    pairs = sorted(pairs)
    blocks = []
    size = max(1, len(pairs) // 60)
    for i in range(0, len(pairs), size):
        part = pairs[i:i + size]
        blocks.append([sum(p for p, _ in part), sum(r for _, r in part), len(part)])
        while len(blocks) > 1 and blocks[-2][1] * blocks[-1][2] >= blocks[-1][1] * blocks[-2][2]:
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last)]
    curve = [(p / n, r / n) for p, r, n in blocks]
    while len(curve) > POINTS:  # drop the point that is missed least
        def miss(i):
            (a, x), (b, y), (c, z) = curve[i - 1:i + 2]
            return abs(x + (z - x) * (b - a) / (c - a) - y) if c > a else 0
        curve.pop(min(range(1, len(curve) - 1), key=lambda i: (miss(i), i)))
    while len(curve) < POINTS:
        curve.append(curve[-1])
    return curve


def confidence(p, curve):
    if p <= curve[0][0]:
        return curve[0][1]
    for (a, x), (b, y) in zip(curve, curve[1:]):
        if p <= b and b > a:
            return x + (y - x) * (p - a) / (b - a)
    return curve[-1][1]
