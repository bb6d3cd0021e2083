#!/bin/sh
# Start the receivers, the pages, the interface and the stream on UNIX sockets
# with spawn-fcgi, for nginx, Apache's mod_proxy_fcgi or a lighttpd without
# bin-path.  Nobody restarts them should they die: prefer a web server that starts
# them itself where there is one.
#
#	HOOKKEEPER_CONF=... spawn-fcgi.sh [start|stop]
set -eu
bin=${HOOKKEEPER_BIN:-/usr/local/lib/hookkeeper}
run=${HOOKKEEPER_RUN:-/run/hookkeeper}

case ${1:-start} in
start)
	mkdir -p "$run"
	for name in stripe clerk resend custom admin api stream; do
		# 0660 and no TCP port: whoever reaches the socket speaks
		# FastCGI, and is believed whatever REMOTE_ADDR it names.
		spawn-fcgi -s "$run/$name.sock" -M 0660 -P "$run/$name.pid" -b 1024 \
			-- "$bin/$name.fcgi"
	done
	;;
stop)
	for name in stripe clerk resend custom admin api stream; do
		[ -f "$run/$name.pid" ] || continue
		kill "$(cat "$run/$name.pid")" || true
		rm -f "$run/$name.pid" "$run/$name.sock"
	done
	;;
*)
	echo "usage: spawn-fcgi.sh [start|stop]" >&2
	exit 64
	;;
esac
