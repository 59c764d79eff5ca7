#!/usr/bin/env python3
"""Writes a text as a C table of its lines, with a NULL at the end. Usage: embed_text.py OUTPUT NAME INPUT"""
import pathlib
import sys


def main():
    output, name, source = sys.argv[1:]
    out = [f"extern const char *const {name}[];", f"const char *const {name}[] = {{"]
    for line in pathlib.Path(source).read_text().splitlines():
        escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("??", "?\\?")
        out.append(f'\t"{escaped}\\n",')
    out.append("\t0,\n};")
    pathlib.Path(output).write_text("\n".join(out) + "\n")


main()
