"""Rows that carry a policy of their own: single calls and whole sequences decide as they expect."""
from attackdata import rows
from attackdata.play import play


def everything(_step):
    """What is refused here leaves nothing behind."""
    return True


def decides_as_expected(row, decision):
    return (decision["decision"] == "allow") == (row["expect"] == "allow")


def calls(program, folder):
    """(right, wrong rows) of tool_calls."""
    right, wrong = 0, []
    for r in rows.read(folder, "tool_calls"):
        if not r.get("policy"):
            continue
        tools = rows.tool_lines({r["tool"]: {}})
        got = play(program, r["policy"], tools, [(r["id"], [r], everything)])[0][0]
        if decides_as_expected(r, got):
            right += 1
        else:
            wrong.append(f"{r['id']}: expects {r['expect']}, is {got['decision']} by '{got['rule']}'")
    return right, wrong


def wanted_step(row):
    """The first step that this very policy stops; None: none."""
    return row["under_policy_block_step"] if "under_policy_block_step" in row else row["expect"]["block_from_step"]


def sequences(program, folder):
    """(right, wrong rows) of call_sequences. From the first step that is stopped on, a sequence is over:
    what an attacker would do next has nothing to build on."""
    right, wrong = 0, []
    for r in rows.read(folder, "call_sequences"):
        if not r.get("policy"):
            continue
        got = play(program, r["policy"], rows.tool_lines(r.get("tools") or {}), [(r["id"], r["steps"], everything)])[0]
        first = next((i for i, d in enumerate(got) if d["decision"] != "allow"), None)
        if first == wanted_step(r):
            right += 1
        else:
            wrong.append(f"{r['id']}: expects step {wanted_step(r)}, stops step {first}")
    return right, wrong


def report(program, folder):
    lines, wrong = [], []
    for name, run in (("tool_calls", calls), ("call_sequences", sequences)):
        right, bad = run(program, folder)
        wrong += bad
        if right or bad:
            lines.append([name, f"{right}/{right + len(bad)}"])
    if lines:
        print("Rows with a policy of their own\n")
        rows.table(["", "decide as they expect"], lines)
    for w in wrong:
        print(f"  {w}")
    return not wrong
