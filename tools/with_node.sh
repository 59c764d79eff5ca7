#!/bin/sh
# Runs a command with the Node of tests/node_modules first in PATH, where tools/setup.sh
# had to fetch one because the system's is too old.
#   usage: [NODE_OF=tests/conformance] tools/with_node.sh COMMAND...
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
for dir in "$root/${NODE_OF:-tests}"/node_modules/node-linux-*/bin; do
	[ ! -x "$dir/node" ] || PATH=$dir:$PATH
done
export PATH
exec "$@"
