#!/bin/sh
# Proves the set-up in a bare Debian: a new root made by debootstrap with nothing but git,
# make and ca-certificates, a fresh clone of this repository's HEAD, and the two commands.
# Needs root and debootstrap. FOLDER keeps the untouched root for the next time.
#   usage: tools/bare.sh SUITE [FOLDER [COMMAND...]]
#   SUITE: bookworm (Debian 12) or trixie (Debian 13); each COMMAND is one shell line,
#   run in the clone (without any: 'make run ARGS=--once' and 'make check')
#   environment: MIRROR (http://deb.debian.org/debian), KEEP=1 (go on in the root of last time)
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
suite=${1:?usage: tools/bare.sh SUITE [FOLDER [COMMAND...]]}
folder=${2:-$here/build-bare/$suite}
[ $# -lt 2 ] || shift
shift
[ $# -gt 0 ] || set -- "make run ARGS=--once" "make check"
mkdir -p "$folder"
base=$folder/base root=$folder/root

if [ ! -e "$base/usr/bin/git" ]; then
	echo "bare: making a $suite root with debootstrap (log: $folder/debootstrap.log)"
	debootstrap --variant=minbase --include=git,make,ca-certificates "$suite" "$base" \
		"${MIRROR:-http://deb.debian.org/debian}" >"$folder/debootstrap.log" 2>&1
fi
if [ ! -d "$root" ] || [ -z "${KEEP:-}" ]; then
	rm -rf --one-file-system "$root"
	cp -a --reflink=auto "$base" "$root"
fi

# How this machine reaches its mirrors is no part of the proof: names, proxies and
# certificates are handed in.
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
apt-config dump | grep -E '^Acquire::(Check|http|https|Retries)' >"$root/etc/apt/apt.conf.d/99machine" || true
certificates=/usr/local/share/machine.crt
cp -L "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" "$root$certificates"
registry=$(npm config get registry 2>/dev/null || echo https://registry.npmjs.org/)

rm -rf "$root/srv/gatehouse"
git clone -q "$here" "$root/srv/gatehouse"

# Namespaces of its own: neither a mount nor a process of the proof stays behind.
cat >"$root/srv/run" <<'RUN'
#!/bin/sh
cd /srv/gatehouse
failed=0
for line; do
	printf '\nbare: $ %s\n' "$line"
	start=$(date +%s)
	sh -c "$line" && result=passed || { result=FAILED failed=1; }
	echo "bare: $result after $(($(date +%s) - start)) s: $line"
done
exit $failed
RUN
chmod +x "$root/srv/run"
exec unshare --mount --pid --fork --kill-child sh -euc '
	root=$1
	shift
	mount --make-rprivate /
	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev"
	mount --rbind /sys "$root/sys"
	exec chroot "$root" "$@"' sh "$root" \
	/usr/bin/env -i HOME=/srv PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
	SSL_CERT_FILE=$certificates NODE_EXTRA_CA_CERTS=$certificates PIP_CERT=$certificates \
	GIT_SSL_CAINFO=$certificates CURL_CA_BUNDLE=$certificates REQUESTS_CA_BUNDLE=$certificates \
	npm_config_cafile=$certificates npm_config_registry="$registry" \
	http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" no_proxy="${no_proxy:-}" \
	/srv/run "$@"
