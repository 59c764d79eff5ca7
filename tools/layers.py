#!/usr/bin/env python3
"""Fails when a file in src/ includes what its folder may not know (tools/layers.txt)."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')
IMPURE = re.compile(
    r"\b(malloc|calloc|realloc|strdup|strndup|time|clock_gettime|gettimeofday|open|openat|fopen|socket"
    r"|send|sendto|sendmsg|recv|getenv|fork|pthread_create|log_(?:debug|info|warn|error)|clock_(?:mono|wall)_us)\("
)
SYSTEM_IMPURE = re.compile(r"^(sys/(socket|epoll|wait|stat|mman)|netinet/|arpa/|netdb|fcntl|pthread|signal|dirent)")


def read_table(path):
    """Folders with what they know and show, libraries with who may include them, pure folders."""
    knows, shows, libraries, pure = {}, {}, {}, set()
    for line in path.read_text().splitlines():
        line = line.split("#")[0].strip()
        if line.startswith("@library"):
            _, header, *users = line.split()
            libraries[header] = users
        elif line.startswith("@pure"):
            pure.update(line.split()[1:])
        elif line and not line.startswith("@"):
            folder, rest = line.split(":")
            known, _, shown = rest.partition("|")
            knows[folder], shows[folder] = set(known.split()), set(shown.split())
    return knows, shows, libraries, pure


def without_comments(text):
    """The same lines with comments and string literals blanked."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def check_own(name, folder, header, knows, shows):
    other = header.split("/")[0]
    if header.endswith(".inc") and "/" not in header and (
            (SRC / folder / header).is_file() or f"'{header}'" in (SRC / folder / "meson.build").read_text()):
        return None  # a table beside its only user, or built as meson.build says
    if not (SRC / header).is_file():
        return f"includes '{header}', which is not a file below src/"
    if other == folder or folder == "":
        return None
    if other in ("app", "cli") and folder not in ("app", "cli"):
        return f"includes '{header}': only src/main.c and cli may"
    if "*" not in knows[folder] and other not in knows[folder]:
        return f"includes '{header}': {folder}/ may not know {other}/ (tools/layers.txt)"
    if shows[other] and header.split("/", 1)[1] not in shows[other]:
        return f"includes '{header}': {other}/ shows only {' '.join(sorted(shows[other]))}"
    return None


def check_library(name, folder, header, libraries, pure):
    for library, users in libraries.items():
        if header == library or (library.endswith("/") and header.startswith(library)):
            if not any(name == u or (u.endswith("/") and name.startswith(u)) for u in users):
                return f"includes <{header}>: only {' '.join(users)} may"
            return None
    if folder in pure and SYSTEM_IMPURE.match(header):
        return f"includes <{header}>: {folder}/ is pure"
    return None


def check_file(path, table):
    knows, shows, libraries, pure = table
    name = path.relative_to(SRC).as_posix()
    folder = name.split("/")[0] if "/" in name else ""
    if folder and folder not in knows:
        return [f"src/{name}:1: folder '{folder}' has no line in tools/layers.txt"]
    text, found = path.read_text(), []
    for number, line in enumerate(text.splitlines(), 1):
        m = INCLUDE.match(line)
        if not m:
            continue
        own = m.group(1) == '"'
        why = (check_own(name, folder, m.group(2), knows, shows) if own
               else check_library(name, folder, m.group(2), libraries, pure))
        if why:
            found.append(f"src/{name}:{number}: {why}")
    if folder in pure:
        for number, line in enumerate(without_comments(text).splitlines(), 1):
            m = IMPURE.search(line)
            if m:
                found.append(f"src/{name}:{number}: calls {m.group(1)}(): {folder}/ is pure")
    return found


def main():
    table = read_table(ROOT / "tools/layers.txt")
    files = sorted(p for p in SRC.rglob("*.[ch]"))
    found = [f for p in files for f in check_file(p, table)]
    print("\n".join(found + [f"layers: {len(files)} files, {len(found)} mistakes"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
