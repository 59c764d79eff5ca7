#!/bin/sh
# Lines and branches that unit tests, cases and flow tests reach; the page is
# build-cover/coverage.html.
set -eu
cd "$(dirname "$0")/.."
tools/build.sh build-cover -Db_coverage=true -Doptimization=0
find build-cover -name '*.gcda' -delete
meson test -C build-cover --no-rebuild >/dev/null || echo "cover: some tests fail (make check shows them)"
if [ -d tests/node_modules ] && ls tests/flow/*.test.mjs >/dev/null 2>&1; then
	GATEHOUSE=$PWD/build-cover/gatehouse tools/with_node.sh node --test tests/flow/*.test.mjs >/dev/null ||
		echo "cover: some flow tests fail (make check shows them)"
fi
gcovr --root . --filter src/ --exclude-unreachable-branches --html build-cover/coverage.html \
	--html-title gatehouse build-cover --print-summary
gcovr --root . --filter src/ --exclude-unreachable-branches build-cover | tail -n +5
