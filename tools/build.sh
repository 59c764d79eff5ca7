#!/bin/sh
# Configures a build folder once and builds it. CC comes from the environment.
#   usage: tools/build.sh FOLDER [MESON OPTION...]
set -eu
cd "$(dirname "$0")/.."
folder=$1
shift
[ -e "$folder/build.ninja" ] || meson setup "$folder" "$@" >"$folder.log" 2>&1 || {
	cat "$folder.log" >&2
	exit 1
}
rm -f "$folder.log"
exec ninja -C "$folder" --quiet
