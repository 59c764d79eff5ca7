"""Reads the rows: JSON Lines, one object a line. A file that is not there has no rows."""
import json
import pathlib


def read(folder, name):
    path = pathlib.Path(folder) / f"{name}.jsonl"
    if not path.exists():
        return []
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


def tool_lines(tools):
    """A tools file of `policy decide`: tools are {name: {"effect", "roles", "inputSchema"?}}."""
    out = []
    for name, t in tools.items():
        line = {"name": name, "inputSchema": t.get("inputSchema") or {"type": "object"}}
        if t.get("effect"):
            line["class"] = t["effect"]
        line["labels"] = t.get("roles") or []
        out.append(json.dumps(line))
    return "\n".join(out) + "\n"


def agentdojo_tools(folder):
    return {r["name"]: {**r["labels"], "inputSchema": r["inputSchema"]} for r in read(folder, "agentdojo_tools")}


def percent(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "-"


def share(part, whole):
    return f"{part}/{whole} ({percent(part, whole)})" if whole else "-"


def table(head, lines):
    """Columns as wide as their longest word; the first to the left, the others to the right."""
    all_lines = [head, *lines]
    widths = [max(len(str(line[i])) for line in all_lines) for i in range(len(head))]
    for n, line in enumerate(all_lines):
        cells = [str(c).ljust(w) if i == 0 else str(c).rjust(w) for i, (c, w) in enumerate(zip(line, widths))]
        print("  " + "  ".join(cells).rstrip())
        if n == 0:
            print("  " + "  ".join("-" * w for w in widths))
    print()
