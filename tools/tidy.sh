#!/bin/sh
# clang-tidy with .clang-tidy over the sources named, or all of src/.
#   usage: tools/tidy.sh [FILE...]
set -eu
cd "$(dirname "$0")/.."
cc=clang
command -v ccache >/dev/null && cc="ccache clang"
CC=$cc tools/build.sh build-clang
[ $# -gt 0 ] || set -- $(find src -name '*.c' | sort)
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 clang-tidy -p build-clang --quiet 2>/dev/null
echo "tidy: $# files are clean"
