"""The general policy with one thing changed: what each of its parts is worth."""
import copy


def strict(policy):
    """A field is trusted no more than a text."""
    out = copy.deepcopy(policy)
    for group in [*out["all_tools"]["approve_if"], *out["flows"]]:
        for c in group.get("conditions", []):
            if isinstance(c["value"], dict):
                c["value"].pop("where", None)
    return out


def strict_for_money(policy):
    out = copy.deepcopy(policy)
    value = {"labels": ["reads_untrusted"], "kinds": ["mail", "url", "host", "account"]}
    out["classes"]["financial"] = {"approve_if": [{"conditions": [{"path": "args", "op": "seen_in", "value": value}]}]}
    return out


def money_asked(policy):
    """As for what is destructive: every payment after texts of others were read."""
    out = copy.deepcopy(policy)
    out["classes"]["financial"] = copy.deepcopy(out["classes"]["destructive"])
    return out


def without_flow(policy, name):
    out = copy.deepcopy(policy)
    out["flows"] = [f for f in out["flows"] if f["name"] != name]
    return out


def without_classes(policy):
    out = copy.deepcopy(policy)
    del out["classes"]
    return out


def of(policy):
    return {
        "without no-takeover": without_flow(policy, "no-takeover"),
        "without what is destructive": without_classes(policy),
        "no trust in fields, for money": strict_for_money(policy),
        "no trust in fields": strict(policy),
        "every payment asked about": money_asked(policy),
    }
