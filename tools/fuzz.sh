#!/bin/sh
# Builds the fuzz targets with clang (libFuzzer, ASan, UBSan) and runs each for
# FUZZ_SECONDS. What was found new stays in build-fuzz/corpus; an input that crashes is
# written to build-fuzz/crashes: mend, then keep it as a seed.
#   usage: tools/fuzz.sh [TARGET...]
set -eu
cd "$(dirname "$0")/.."
CC=clang tools/build.sh build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1
[ $# -gt 0 ] || set -- $(cd build-fuzz/tests/fuzz && find . -maxdepth 1 -type f -name 'fuzz_*' -perm -u+x |
	sed 's/^..//' | sort)
seconds=${FUZZ_SECONDS:-60} failed=0 passed=0
mkdir -p build-fuzz/crashes
for target; do
	mkdir -p "build-fuzz/corpus/$target"
	dictionary=tests/fuzz/$target.dict
	options="-max_total_time=$seconds -timeout=10 -rss_limit_mb=2048 -artifact_prefix=build-fuzz/crashes/$target-"
	[ ! -e "$dictionary" ] || options="$options -dict=$dictionary"
	[ ! -e "tests/fuzz/$target.options" ] || options="$options $(cat "tests/fuzz/$target.options")"
	printf '%-24s' "$target"
	# shellcheck disable=SC2086
	if "build-fuzz/tests/fuzz/$target" $options -print_final_stats=1 "build-fuzz/corpus/$target" \
		"tests/fuzz/seeds/$target" >"build-fuzz/$target.log" 2>&1; then
		passed=$((passed + 1))
		sed -n 's/^stat::number_of_executed_units: */clean, runs: /p' "build-fuzz/$target.log"
	else
		failed=$((failed + 1))
		echo "FAILED"
		grep -E 'ERROR|SUMMARY|runtime error|BUG|Test unit written' "build-fuzz/$target.log" | head -5 || true
	fi
done
echo
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
