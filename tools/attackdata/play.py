"""Plays sessions to `gatehouse policy decide`: calls and results in, decisions out."""
import json
import pathlib
import subprocess
import tempfile

# Every session is played at one moment, so that windows of limits never end in the middle of it.
AT = "2030-01-01T12:00:00Z"


class Program:
    """The built program, and what it says of a policy, tools and calls."""

    def __init__(self, binary):
        self.binary = str(binary)

    def run(self, *args, text=""):
        r = subprocess.run([self.binary, *args], input=text, capture_output=True, text=True, encoding="utf-8")
        if r.returncode and not r.stdout:
            raise SystemExit(f"attacks: gatehouse {' '.join(args)} failed: {r.stderr.strip()}")
        return r.stdout

    def decide(self, policy, tools, calls):
        """One decision a call, in their order. tools: the text of a tools file, or None."""
        with tempfile.TemporaryDirectory(prefix="gatehouse-attacks-") as d:
            folder = pathlib.Path(d)
            (folder / "policy.json").write_text(json.dumps(policy), encoding="utf-8")
            args = ["policy", "decide", "--policy", str(folder / "policy.json")]
            if tools is not None:
                (folder / "tools.jsonl").write_text(tools, encoding="utf-8")
                args += ["--tools", str(folder / "tools.jsonl")]
            out = self.run(*args, text="".join(json.dumps(c) + "\n" for c in calls))
        answers = [json.loads(line) for line in out.splitlines() if line]
        if len(answers) != len(calls):
            raise SystemExit(f"attacks: {len(calls)} calls were asked, {len(answers)} were answered: {out[-500:]}")
        return answers


def call_of(step, session, delivered):
    """A step as a line of `policy decide`. delivered: its result reached the agent whatever is decided here."""
    line = {"tool": step["tool"], "arguments": step["arguments"], "session": session, "grant": session, "at": AT}
    if step.get("result") is not None:
        line["result"] = step["result"]
        if delivered:
            line["delivered"] = True
    return line


def play(program, policy, tools, sessions):
    """sessions: [(name, steps, is_attack_step)]. For each session one decision a step.

    A step of the attack that is not allowed leaves nothing behind; a step of the user does, for a
    person would say yes to it. So the two counts, stopped and interrupted, do not mix.
    """
    calls, spans = [], []
    for name, steps, is_attack in sessions:
        spans.append((len(calls), len(calls) + len(steps)))
        calls += [call_of(s, name, not is_attack(s)) for s in steps]
    answers = program.decide(policy, tools, calls)
    return [answers[a:b] for a, b in spans]
