#!/bin/sh
# deps.sh build|run|test|fuzz|dist - install what is missing, and say so first.
#
#	build	to compile: gcc, pkg-config and seven libraries
#	run	and to show it: lighttpd
#	test	and to prove it: Apache, nginx, cmocka, Node, the senders' clients, Chromium
#	fuzz	and to attack it: clang, besides what building needs
#	dist	and to pack it: what a static libcurl needs
#
# Nothing to do is the usual case and takes a few milliseconds.  Only Debian's
# own packages and pinned npm packages (tests/package-lock.json) are used.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() { echo "deps: $*"; }
die() { echo "deps: $*" >&2; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# package, and a command that makes it unnecessary (- for none)
build='gcc gcc
libc6-dev -
pkgconf pkg-config
libfcgi-dev -
libssl-dev -
libsqlite3-dev -
libjson-c-dev -
libinih-dev -
liblz4-dev -
libcurl4-openssl-dev -'
run='lighttpd lighttpd'
test='libcmocka-dev -
binutils readelf
apache2-bin apache2
libapache2-mod-fcgid -
nginx nginx
spawn-fcgi spawn-fcgi
sqlite3 sqlite3
curl curl
openssl openssl
nodejs node
npm npm
chromium chromium'
fuzz='clang clang
libclang-rt-dev -'
dist='libnghttp2-dev -
libunistring-dev -
binutils strip'

case ${1:-} in
build)	wanted=$build ;;
run)	wanted="$build
$run" ;;
test)	wanted="$build
$run
$test" ;;
fuzz)	wanted="$build
$fuzz" ;;
dist)	wanted="$build
$dist" ;;
*)	echo "usage: deps.sh build|run|test|fuzz|dist" >&2; exit 64 ;;
esac

# Prints the packages of a "package command" list that are not there.
missing() {
	echo "$1" | while read -r package command; do
		if [ "$command" != - ] && command -v "$command" >/dev/null; then
			continue
		fi
		case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
		*' installed') ;;
		*) echo "$package" ;;
		esac
	done
}

# A web server that is only needed by hand must not start: neither now (dpkg
# asks policy-rc.d) nor at the next boot.
policy=/usr/sbin/policy-rc.d
hold_daemons() {
	trap release_daemons EXIT
	trap 'exit 130' INT TERM HUP
	if [ -e $policy ] && ! [ -e $policy.before-hookkeeper ]; then
		as_root mv $policy $policy.before-hookkeeper
	fi
	printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
	as_root chmod 755 $policy
}
release_daemons() {
	as_root rm -f $policy
	if [ -e $policy.before-hookkeeper ]; then
		as_root mv $policy.before-hookkeeper $policy
	fi
}

install_packages() {
	say "missing:" "$@"
	command -v apt-get >/dev/null ||
		die "this is not Debian: install what these packages hold by your system's own means"
	[ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
		die "installing needs root: run 'make deps' as root, or install sudo"
	say "installing them with apt-get$([ "$(id -u)" = 0 ] || echo ' (sudo)'), without recommended packages"
	daemons=
	for name in lighttpd nginx; do
		case " $* " in *" $name "*) daemons="$daemons $name" ;; esac
	done
	[ -z "$daemons" ] ||
		say "system services that will not be started, now or at boot, for we run our own on 127.0.0.1:$daemons"
	hold_daemons
	as_root apt-get -q update
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -q -y --no-install-recommends install "$@"
	for name in $daemons; do
		as_root update-rc.d "$name" disable ||
			say "could not keep $name from starting at boot: see to it yourself"
	done
	release_daemons
	trap - EXIT INT TERM HUP
}

# npm writes node_modules/.package-lock.json last.
npm_ci() {
	[ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ] && return
	say "installing npm packages into $1/node_modules: $2"
	npm ci --prefix "$1" --ignore-scripts --no-audit --no-fund --loglevel=error
	touch "$1/node_modules/.package-lock.json"
}

lacking=$(missing "$wanted" | tr '\n' ' ')
# shellcheck disable=SC2086 # a list of words
[ -z "$lacking" ] || install_packages $lacking

if [ "$1" = test ]; then
	npm_ci tests "the senders' official clients, and a driver for the browser"
	major=$(node -p 'process.versions.node.split(".")[0]')
	[ "$major" -ge 20 ] ||
		npm_ci tests/node "Node 22, for this system's is $major and the clients need 20"
fi
