#!/bin/sh
# Configures a build folder once and builds it. CC comes from the environment.
#   usage: tools/build.sh FOLDER [MESON OPTION...]
set -eu
cd "$(dirname "$0")/.."
folder=$1
shift
if [ ! -e "$folder/build.ninja" ]; then
	echo "building in $folder"
	words=$(meson setup "$folder" "$@" 2>&1) || {
		echo "$words" >&2
		exit 1
	}
fi
# Silent when all is well.
words=$(ninja -C "$folder" -k 0 --quiet 2>&1) || {
	echo "$words" >&2
	exit 1
}
