#!/usr/bin/env python3
"""Writes made-up MCP servers for `make bench-catalog`: one {"server", "package", "version", "tools"} a line.

    catalog_generate.py [--servers 43000] [--tools 515000] [--seed 1] [--out FILE]

The same arguments give the same bytes. Nothing in it is of a real server: the words are our own. What is
like the wild is measured: tools of a server (median 7, 99 of 100 below 122), lengths of names, of
descriptions (median 86 characters, mean 284, some thousands at most) and of schemas (mean 575), the share
of each kind of tool, and names that few servers share.
"""
import argparse
import bisect
import json
import random
import sys

TOOLS_OF_SERVER = [(0, 1), (.25, 3), (.5, 7), (.75, 12), (.9, 18), (.95, 33), (.99, 122), (1, 260)]
LENGTH_OF_TEXT = [(0, 0), (.01, 0), (.1, 25), (.25, 39), (.5, 86), (.75, 261), (.9, 670), (.99, 2805), (1, 7994)]
PROPERTIES = [(0, 0), (.1, 0), (.25, 1), (.5, 3), (.75, 5), (.9, 8), (.99, 18), (1, 50)]

# Share, and verbs of each kind.
VERBS = [
    (.61, "get list search find read fetch show describe count check query lookup inspect export preview "
          "compare validate analyze summarize watch"),
    (.22, "create update add set edit write upload rename move assign append save insert configure attach "
          "import tag publish register schedule"),
    (.09, "run execute start trigger deploy invoke launch build restart send call apply restore sync clone"),
    (.06, "delete remove drop purge wipe destroy terminate clear revoke erase reset uninstall"),
    (.02, "pay transfer refund charge purchase withdraw invoice settle buy subscribe"),
]
OBJECTS = """issue ticket branch commit release repository file folder document page note comment message thread channel
user group role permission token secret key certificate policy rule job task queue worker pipeline build artifact
container image volume network cluster node instance bucket object table row column index schema database record
query view report dashboard chart metric alert incident log trace span event webhook endpoint route domain zone
certificate order invoice payment refund customer product price cart shipment contract lead contact campaign
segment form survey answer course lesson student grade calendar meeting room booking flight hotel ticket map
place address route weather forecast sensor device camera lamp scene recipe ingredient meal workout sleep heart
song album playlist video frame caption image font color template layout model dataset label experiment prompt
embedding vector wallet balance transfer block contract asset portfolio quote candle position loan claim patient
visit prescription lab sample gene protein paper citation patent law case clause""".split()
QUALIFIERS = """by_id by_name batch all latest history status details summary tags settings members metadata url
preview draft archive template v2 async""".split()
SENTENCES = """Returns at most {n} of them, the newest first.
The {o} is named by its id; use the list to find it.
Needs the right to see every {o} of the project.
When the {o} is not there, an error says so.
Fields that are not given stay as they are.
The answer is JSON with the id, the name and the time of the last change of the {o}.
Results come in pages; give the cursor of the last one to go on.
This looks at the {o} only and changes nothing.
Other people of the team see the {o} at once.
A {o} that is locked cannot be changed until its owner unlocks it.
Use this before you change a {o}, so that nothing is overwritten.
Dates are in UTC, in the form year, month and day.
The name may have up to {n} characters and no slash.
Works with the {o} of {p} and with those that were brought in from elsewhere.
For more than {n} of them, ask in smaller parts.
The {o} keeps its history, and each version can be compared with the one before.
Calls that take longer than {n} seconds are ended and tell how far they came.
Example: the {o} of last week with its {q} and owner.""".splitlines()
FIRST = {
    0: "{V}s {a} {o} of {p}.", 1: "{V}s {a} {o} in {p}.", 2: "{V}s {a} {o} on {p}.",
    3: "{V}s {a} {o} from {p} for good.", 4: "{V}s {a} {o} with {p}.",
}
ARGUMENTS = [
    ("id", "string", "The id of the {o}"), ("name", "string", "The name of the {o}"), ("limit", "integer", "How many at most"),
    ("cursor", "string", "Where the last page ended"), ("query", "string", "What the {o} must have"),
    ("path", "string", "The path of the file"), ("url", "string", "The address of the {o}"),
    ("content", "string", "The text of the {o}"), ("owner", "string", "Who owns the {o}"), ("project", "string", "Which project"),
    ("since", "string", "Only what changed after this time"), ("tags", "array", "Tags of the {o}"),
    ("force", "boolean", "Also when the {o} is in use"), ("format", "string", "How the answer is written"),
    ("amount", "number", "How much"), ("currency", "string", "Which currency"), ("recipient", "string", "Who gets it"),
    ("command", "string", "What to run"), ("timeout", "integer", "Seconds until it is ended"),
    ("region", "string", "Where the {o} is"), ("filter", "object", "Which of them"), ("description", "string", "What the {o} is for"),
    ("parent_id", "string", "The {o} above it"), ("status", "string", "In which state"), ("dry_run", "boolean", "Only tell what would happen"),
]
SYLLABLES = "ba be bo ca co da de do fa fi ga go ha jo ka ki ko la le li lo ma mi mo na ne no pa pi po ra re ro sa se so ta te to va ve vi wa zo".split()


def quantile(points, u):
    """The value at u, between the measured ones in equal ratios."""
    i = max(1, bisect.bisect_left([p for p, _ in points], u))
    (p0, v0), (p1, v1) = points[i - 1], points[i]
    at = (u - p0) / (p1 - p0)
    return round((v0 + 1) * ((v1 + 1) / (v0 + 1)) ** at - 1)


def sizes(rng, servers, tools):
    """Tools of each server; the sum is exact: the rest is spread over those in the middle."""
    v = [quantile(TOOLS_OF_SERVER, (i + rng.random()) / servers) for i in range(servers)]
    middle = range(servers // 5, max(servers * 9 // 10, servers // 5 + 1))
    while (rest := tools - sum(v)) != 0:
        for i in rng.sample(middle, min(abs(rest), len(middle))):
            v[i] = max(1, v[i] + (1 if rest > 0 else -1))
    rng.shuffle(v)
    return v


class Maker:
    def __init__(self, rng):
        self.rng = rng
        self.kinds = [(share, verbs.split()) for share, verbs in VERBS]
        self.shares = [share for share, _ in self.kinds]

    def word(self, n):
        return "".join(self.rng.choices(SYLLABLES, k=n))

    def name(self, verb, thing, style):
        parts = [verb, thing] if self.rng.random() < .55 else [verb, thing, *self.rng.choice(QUALIFIERS).split("_")]
        if style == 0:
            return "_".join(parts)
        if style == 1:
            return parts[0] + "".join(p.capitalize() for p in parts[1:])
        return "-".join(parts)

    def text(self, kind, verb, thing, product):
        rng = self.rng
        length = quantile(LENGTH_OF_TEXT, rng.random())
        if not length:
            return ""
        a = rng.choice(("a", "the", "every", "one"))
        text = FIRST[kind].format(V=verb.capitalize(), a=a, o=thing, p=product)
        while len(text) < length:
            more = rng.choice(SENTENCES)
            if "{" in more:
                more = more.format(o=thing, p=product, n=rng.randint(2, 5000), q=rng.choice(OBJECTS))
            text += (" " if rng.random() < .8 else "\n") + more
            if rng.random() < .05:
                text += f" See {self.word(3)}-{rng.randint(100, 9999)}."
        return text

    def schema(self, thing):
        rng = self.rng
        properties = {}
        for i in range(quantile(PROPERTIES, rng.random())):
            name, kind, text = rng.choice(ARGUMENTS)
            if name in properties:
                name = f"{rng.choice(OBJECTS)}_{name}"
            p = properties[name] = {"type": kind}
            if rng.random() < .85:
                p["description"] = text.format(o=thing)
            if kind == "array":
                p["items"] = {"type": "string"}
            if name in ("format", "status"):
                p["enum"] = rng.sample(OBJECTS, 4)
            if i > 0 and rng.random() < .3:
                p["default"] = {"integer": 50, "number": 1, "boolean": False, "array": [], "object": {}}.get(kind, "")
        s = {"type": "object", "properties": properties}
        if properties and rng.random() < .8:
            s["required"] = list(properties)[:1 + len(properties) // 3]
        return s

    def tool(self, product, style):
        rng = self.rng
        kind = rng.choices(range(5), self.shares)[0]
        verb, thing = rng.choice(self.kinds[kind][1]), rng.choice(OBJECTS)
        t = {"name": self.name(verb, thing, style), "description": self.text(kind, verb, thing, product),
             "inputSchema": self.schema(thing)}
        if rng.random() < .2:
            t["annotations"] = {"readOnlyHint": kind == 0 or rng.random() < .02, "destructiveHint": kind == 3}
        return t

    def server(self, number, n):
        rng = self.rng
        product = self.word(2 + number % 2).capitalize() + " " + rng.choice(OBJECTS).capitalize() + "s"
        owner, short = self.word(3), product.lower().replace(" ", "-")
        style, tools, names = rng.choices(range(3), (.7, .2, .1))[0], [], set()
        while len(tools) < n:
            t = self.tool(product, style)
            if t["name"] in names:
                t["name"] += f"_{len(tools)}"
            names.add(t["name"])
            tools.append(t)
        return {"server": f"io.example.{owner}/{short}-{number}", "title": product,
                "package": f"pkg:npm/@{owner}/{short}-{number}",
                "version": f"{rng.randint(0, 4)}.{rng.randint(0, 20)}.{rng.randint(0, 9)}", "tools": tools}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--servers", type=int, default=43000)
    p.add_argument("--tools", type=int, default=515000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--out", default="-")
    a = p.parse_args()
    if not 0 < a.servers <= a.tools:
        sys.exit("catalog_generate: more servers than tools")
    rng = random.Random(a.seed)
    make = Maker(rng)
    with (sys.stdout if a.out == "-" else open(a.out, "w", encoding="utf-8")) as out:
        for number, n in enumerate(sizes(rng, a.servers, a.tools), 1):
            out.write(json.dumps(make.server(number, n), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
