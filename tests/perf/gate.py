"""The gate as `make bench` runs it: configured through its command line, like a person would."""


class Gate:
    """One gate in a folder of its own, before one server, with a policy of all its tools."""

    def __init__(self, binary, folder, target, tools):
        raise SystemExit("bench: the gate cannot be configured yet; use --legs direct,nginx,haproxy")
