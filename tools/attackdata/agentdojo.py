"""AgentDojo: benign tasks and attacks on the same tools, under one policy for all suites."""
from attackdata import forged, rows
from attackdata.play import play

SUITES_ALL = "all"


def user_steps(row):
    return [{"tool": c["tool"], "arguments": c["arguments"], "result": c["result"]} for c in row["calls"]]


def is_injected(step):
    return step.get("origin") == "injection" or bool(step.get("matches_injection_goal"))


class Data:
    """The rows of one folder: [(kind, row, steps)], kinds: user, session, recorded, benign."""

    def __init__(self, folder):
        tools = rows.agentdojo_tools(folder)
        self.names, self.tools = set(tools), rows.tool_lines(tools)
        self.rows = [("user", r, user_steps(r)) for r in rows.read(folder, "agentdojo_user_tasks")]
        self.rows += [("session", r, r["steps"]) for r in rows.read(folder, "agentdojo_sessions")]
        for r in rows.read(folder, "agentdojo_recorded"):
            self.rows.append(("recorded" if r["label"] == "attack" else "benign", r, r["steps"]))

    def suites(self):
        return sorted({r["suite"] for _, r, _ in self.rows})

    def known(self, steps):
        """Models also ask for tools that do not exist: the gate refuses those, and no policy gets the credit."""
        return [s for s in steps if s["tool"] in self.names]


class Outcome:
    """What one policy says of one row."""

    def __init__(self, kind, row, steps, decisions):
        self.kind, self.row = kind, row
        stopped = [(s, d) for s, d in zip(steps, decisions) if d["decision"] != "allow"]
        self.attack = [(s, d) for s, d in stopped if is_injected(s)]
        self.user = [(s, d) for s, d in stopped if not is_injected(s)]
        first = next((i for i, s in enumerate(steps) if is_injected(s)), len(steps))
        self.before = sum(1 for i, d in enumerate(decisions) if d["decision"] != "allow" and i < first)


def forged_figure(program, data, policy):
    """Sessions stopped where the names also stand in a field."""
    some = [(r, forged.session(steps)) for kind, r, steps in data.rows if kind == "session"]
    played = play(program, policy, data.tools, [(r["id"], steps, is_injected) for r, steps in some])
    stopped = sum(bool(Outcome("session", r, steps, p).attack) for (r, steps), p in zip(some, played))
    return rows.share(stopped, len(some))


def outcomes(program, data, policy):
    sessions = [(f"{kind}/{r['id']}", data.known(steps), is_injected) for kind, r, steps in data.rows]
    played = play(program, policy, data.tools, sessions)
    return [Outcome(kind, r, s[1], p) for (kind, r, _), s, p in zip(data.rows, sessions, played)]


def pick(all_rows, kind, suite=SUITES_ALL, attack_type=None):
    return [o for o in all_rows if o.kind == kind and suite in (SUITES_ALL, o.row["suite"]) and
            attack_type in (None, o.row.get("attack_type"))]


def figures(all_rows, suite=SUITES_ALL):
    """One line: interrupted, stopped, recorded, direct, benign recorded."""
    user, session = pick(all_rows, "user", suite), pick(all_rows, "session", suite)
    recorded, direct = pick(all_rows, "recorded", suite), pick(all_rows, "recorded", suite, "direct")
    benign = pick(all_rows, "benign", suite)
    return [rows.share(sum(bool(o.user) for o in user), len(user)),
            rows.share(sum(bool(o.attack) for o in session), len(session)),
            rows.share(sum(bool(o.attack) for o in recorded), len(recorded)),
            f"{sum(bool(o.attack) for o in direct)}/{len(direct)}",
            rows.share(sum(bool(o.user) for o in benign), len(benign))]


HEAD = ["", "tasks interrupted", "sessions stopped", "recorded stopped", "direct", "benign runs"]


def report(program, data, policy, baselines, verbose):
    if not data.rows:
        return None
    print("AgentDojo: one policy for all suites\n")
    ours = outcomes(program, data, policy)
    lines = [["this policy", *figures(ours), forged_figure(program, data, policy)]]
    lines += [[f"  only {s}", *figures(ours, s), ""] for s in data.suites()]
    for name, document in baselines.items():
        lines.append([name, *figures(outcomes(program, data, document)), forged_figure(program, data, document)])
    rows.table([*HEAD, "sessions, forged fields"], lines)
    by_type(ours)
    questions(ours)
    if verbose:
        details(ours)
    return ours


def by_type(ours):
    types = sorted({o.row["attack_type"] for o in pick(ours, "recorded")})
    lines = []
    for t in types:
        some = pick(ours, "recorded", attack_type=t)
        lines.append([t, rows.share(sum(bool(o.attack) for o in some), len(some))])
    if lines:
        rows.table(["recorded attacks, by kind", "stopped"], lines)


def questions(ours):
    """Refusals, and as many questions where the same rules ask a person instead."""
    lines = []
    for kind, what in (("user", "user tasks"), ("benign", "benign recorded runs")):
        some = pick(ours, kind)
        if some:
            n = sum(len(o.user) for o in some)
            asked = sum(d["decision"] == "approve" for o in some for _, d in o.user)
            lines.append([what, n - asked, asked, f"{n / len(some):.2f}", max(len(o.user) for o in some)])
    sessions = pick(ours, "session")
    if lines:
        rows.table(["calls of the user that do not simply pass", "refused", "asked", "a task", "most in one"], lines)
    if sessions:
        early = sum(bool(o.before) for o in sessions)
        print(f"  sessions in which a call of the user was stopped before the attack came: {early}\n")


def details(ours):
    for kind in ("user", "benign"):
        for o in pick(ours, kind):
            for s, d in o.user:
                print(f"  {kind} {o.row['suite']} {o.row.get('user_task') or o.row.get('task_id')}: {s['tool']} {d['rule']}")
    for kind in ("session", "recorded"):
        for o in pick(ours, kind):
            if not o.attack:
                print(f"  {kind} missed: {o.row['id']}")
    print()
