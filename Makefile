# Verbs for people; the build itself is meson.build. Each verb installs what it lacks
# (tools/packages.txt) and says so.
.DEFAULT_GOAL := help
.PHONY: help run check conformance attacks classifier build bench bench-streams bench-decide bench-catalog screenshots fuzz tidy cover clean
export FUZZ_SECONDS ?= 60

help:
	@sed -n 's/^# \([a-z-]*\): /make \1	/p' Makefile | expand -t 18

# run: build, start the gate before two real servers and show what it does (ARGS=--once: and end)
run:
	@tools/setup.sh build run
	@tools/build.sh build
	@tools/with_node.sh node tests/demo/run.mjs $(ARGS)

# check: everything a change must pass: shape, layers, compilers, sanitizers, tests, manual
check:
	@tools/setup.sh build check
	@tools/with_node.sh python3 tools/check.py $(ARGS)

# conformance: the official suite, direct and through the gate; writes build/conformance.json
conformance:
	@tools/setup.sh build conformance
	@tools/build.sh build
	@NODE_OF=tests/conformance tools/with_node.sh node tests/conformance/run.mjs $(ARGS)

# attacks: what the gate stops of the attack data in DATA=DIR, and what that costs (docs/attacks.md)
attacks:
	@tools/setup.sh build attacks
	@tools/build.sh build
	@python3 tools/attacks.py $(if $(DATA),$(DATA),tests/attacks/rows) $(ARGS)

# classifier: make the classifier's weights from the definitions in DATA=DIR (docs/classifier.md; ARGS=--check compares)
classifier:
	@tools/setup.sh build
	@tools/build.sh build
	@if [ -n "$(DATA)" ]; then python3 tools/classifier/train.py $(DATA) $(ARGS); else echo "skipped: give DATA=DIR, the folder with tools-dev.jsonl"; fi

# build: build/gatehouse
build:
	@tools/setup.sh build
	@tools/build.sh build

# bench: direct, nginx, HAProxy and the gate side by side, one decision beside Cedar and OPA; writes build/bench.json
bench:
	@tools/setup.sh build bench
	@tools/build.sh build
	@python3 tests/perf/bench.py $(ARGS)
	@python3 tests/perf/peers/run.py
	@build/tests/perf/bench_counters

# bench-streams: 10,000 idle event streams on one gate; writes build/streams.json
bench-streams:
	@tools/setup.sh build bench
	@tools/build.sh build
	@python3 tests/perf/streams.py $(ARGS)

# bench-decide: what one decision of a policy costs, with nothing around it
bench-decide:
	@tools/setup.sh build
	@tools/build.sh build
	@build/tests/perf/bench_decide $(ARGS)

# bench-catalog: 43,000 made-up servers with 515,000 tools: import, searches, site; writes build/catalog.json
bench-catalog:
	@tools/setup.sh build
	@tools/build.sh build
	@python3 tests/perf/catalog.py $(ARGS)

# screenshots: each page of the console in light, dark and on a phone, into build/screenshots; the manual's into docs
screenshots:
	@tools/setup.sh build run
	@tools/build.sh build
	@tools/with_node.sh node tests/console/screenshots.mjs $(ARGS)

# bench-console: what the console's pages ask, before 1,000,000 records, 500 servers and 20,000 tools; writes build/console.json
bench-console:
	@tools/setup.sh build
	@tools/build.sh build
	@python3 tests/perf/console.py $(ARGS)

# fuzz: each parser of foreign bytes for FUZZ_SECONDS (60)
fuzz:
	@tools/setup.sh build fuzz
	@tools/fuzz.sh $(ARGS)

# tidy: clang-tidy over src/ (ARGS=src/net/loop.c: over these)
tidy:
	@tools/setup.sh build tidy
	@tools/tidy.sh $(ARGS)

# cover: lines and branches that the tests reach
cover:
	@tools/setup.sh build cover
	@tools/cover.sh

# clean: remove what was built
clean:
	@rm -rf build build-*
