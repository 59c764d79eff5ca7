"""Definitions and results: what a scan finds in attacks, and what it cries wolf at, by source."""
import json
import pathlib
import tempfile

from attackdata import rows


def found(program, option, lines):
    """For each line, does the scan say more than that it is unsure?"""
    if not lines:
        return []
    with tempfile.TemporaryDirectory(prefix="gatehouse-attacks-") as d:
        file = pathlib.Path(d) / "rows.jsonl"
        file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        out = program.run("scan", option, str(file), "--json")
    answers = [json.loads(line) for line in out.splitlines() if line]
    if len(answers) != len(lines):
        raise SystemExit(f"attacks: {len(lines)} rows were scanned, {len(answers)} were answered: {out[-500:]}")
    return [a["verdict"] in ("flag", "block") for a in answers]


def definition_rows(folder):
    """(kind, source, label, row): a changed definition is judged by what it became, for that it changed is found always."""
    for r in rows.read(folder, "tool_definitions"):
        tools = r.get("tools") or r.get("after") or []
        row = {"id": r["id"], "tools": tools if isinstance(tools, list) else [tools]}
        yield r["kind"], r["source"], r["label"], row | {k: r[k] for k in ("server", "peers") if r.get(k)}
    for r in rows.read(folder, "benign_tool_definitions"):
        yield "definition", r["source"], "benign", {"id": r["id"], "tool": r["tool"]}


def definitions(program, folder):
    """{(kind, source): [caught, attacks, false alarms, benign]}; a row is found when one of its tools is."""
    all_rows = list(definition_rows(folder))
    answers = found(program, "--definitions", [row for *_, row in all_rows])
    return count((kind, source, label, hit) for (kind, source, label, _), hit in zip(all_rows, answers))


def results(program, folder):
    all_rows = rows.read(folder, "tool_results")
    answers = found(program, "--results", [{"id": r["id"], "text": r["text"]} for r in all_rows])
    return count(("result", r["source"], r["label"], hit) for r, hit in zip(all_rows, answers))


def plain(text):
    """Letters and digits alone: results wrap and escape what they carry."""
    return "".join(c for c in text.replace("\\n", "").lower() if c.isalnum())


def poisoned_results(program, folder):
    """Of the recorded attacks, by kind: is the result that carries the injected text found?"""
    texts, kinds = [], []
    for r in rows.read(folder, "agentdojo_recorded"):
        marks = [plain(t)[:60] for t in (r.get("injections") or {}).values() if t]
        if r["label"] != "attack" or not marks:
            continue
        for s in r["steps"]:
            if s.get("result") and any(m in plain(s["result"]) for m in marks):
                texts.append({"id": str(len(texts)), "text": s["result"]})
                kinds.append(r["attack_type"])
                break
    return count(("poisoned", k, "attack", hit) for k, hit in zip(kinds, found(program, "--results", texts)))


def count(judged):
    out = {}
    for kind, source, label, hit in judged:
        c = out.setdefault((kind, source), [0, 0, 0, 0])
        at = 0 if label == "attack" else 2
        c[at] += hit
        c[at + 1] += 1
    return out


def show(title, counted):
    if not counted:
        return
    lines = [[f"{kind}, {source}", rows.share(c[0], c[1]), rows.share(c[2], c[3])]
             for (kind, source), c in sorted(counted.items())]
    total = [sum(c[i] for c in counted.values()) for i in range(4)]
    lines.append(["all", rows.share(total[0], total[1]), rows.share(total[2], total[3])])
    rows.table([title, "caught", "false alarms"], lines)


def report(program, folder):
    show("definitions", definitions(program, folder))
    show("results", results(program, folder))
    show("poisoned results of recorded attacks, by kind", poisoned_results(program, folder))
