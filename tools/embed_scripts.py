#!/usr/bin/env python3
"""Writes the store's scripts as a C table. Usage: embed_scripts.py OUTPUT src/ledger/lua/name.lua ..."""
import pathlib
import sys


def c_bytes(text):
    """As numbers: a compiler need not take string literals beyond 4095 characters."""
    data = text.encode()
    rows = [", ".join(str(b) for b in data[i:i + 20]) for i in range(0, len(data), 20)]
    return ",\n\t".join(rows)


def bare(text):
    """Without comments and indentation: the script is sent whole when the store has forgotten it."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("--")) + "\n"


def main():
    output, *inputs = sys.argv[1:]
    out = ['#include "ledger/script.h"\n']
    names = [pathlib.Path(path).stem for path in inputs]
    for name, path in zip(names, inputs):
        out.append(f"static const char {name}_text[] = {{\n\t{c_bytes(bare(pathlib.Path(path).read_text()))}\n}};\n")
    out.append("const struct script scripts[SCRIPT_COUNT] = {")
    for name in names:
        out.append(f'\t[SCRIPT_{name.upper()}] = {{ "{name}", {name}_text, sizeof {name}_text }},')
    out.append("};")
    pathlib.Path(output).write_text("\n".join(out) + "\n")


main()
