#!/usr/bin/env python3
"""Writes migrations as a C table. Usage: embed.py OUTPUT PREFIX sql/0001_name.sql ..."""
import pathlib
import re
import sys


def c_string(text):
    lines = []
    for line in text.splitlines():
        escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
        lines.append(f'\t\t"{escaped}\\n"')
    return "\n".join(lines)


def main():
    output, prefix, *inputs = sys.argv[1:]
    out = ['#include "store/migrate.h"\n\nconst struct migration ' + prefix + 's[] = {']
    for number, path in enumerate(map(pathlib.Path, inputs), 1):
        name = re.fullmatch(r"(\d{4})_(\w+)\.sql", path.name)
        if not name or int(name.group(1)) != number:
            sys.exit(f"embed: '{path.name}' should be named {number:04d}_name.sql")
        out.append(f'\t{{ "{path.stem}",\n{c_string(path.read_text())} }},')
    out.append(f"}};\nconst int {prefix}_count = sizeof({prefix}s) / sizeof(*{prefix}s);")
    pathlib.Path(output).write_text("\n".join(out) + "\n")


main()
