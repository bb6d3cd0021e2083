#!/bin/sh
# run.sh - show hookkeeper at work: everything on http://127.0.0.1:$PORT with
# its own folder $HK_HOME, one signed sample of each kind, and where to look.
# In the foreground; Ctrl-C stops all that was started.  `make run` builds first.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
port=${PORT:-8080}
build=$(cd "${HK_BUILD:-build}" && pwd)
hookkeeper=$build/bin/hookkeeper
# What is set for a real one must not reach this: the samples would go there.
unset HOOKKEEPER_DB HOOKKEEPER_MODE STRIPE_WEBHOOK_SECRET CLERK_WEBHOOK_SECRET \
	CLERK_WEBHOOK_SIGNING_SECRET RESEND_WEBHOOK_SECRET

die() { echo "run: $*" >&2; exit 1; }

case $port in '' | *[!0-9]* | ??????*) die "PORT=$port is not a port" ;; esac
[ "$port" -ge 1 ] && [ "$port" -le 65535 ] || die "PORT=$port is not a port"
# Somebody who listens (state 0A) on that port, here or on every address.
if awk -v port="$(printf '%04X' "$port")" \
	'{ split($2, at, ":") } $4 == "0A" && at[2] == port && at[1] ~ /^(0100007F|0+)$/ { found = 1 }
	END { exit !found }' /proc/net/tcp /proc/net/tcp6 2>/dev/null; then
	die "port $port is in use; choose another: make run PORT=8181"
fi

umask 077
mkdir -p "${HK_HOME:-var}"
home=$(cd "${HK_HOME:-var}" && pwd)
chmod 700 "$home"
export HOOKKEEPER_CONF="$home/hookkeeper.conf"

# Sockets want a short path, and lighttpd a bin-path without blanks.
run=$(mktemp -d /tmp/hookkeeper.XXXXXX)
web= worker=
stop() {
	trap '' INT TERM HUP
	[ -z "$web" ] || kill "$web" 2>/dev/null || true
	[ -z "$worker" ] || kill "$worker" 2>/dev/null || true
	wait
	rm -rf "$run"
}
trap stop EXIT
trap 'echo; echo "run: stopping"; exit 0' INT TERM HUP

ln -s "$build/cgi-bin" "$run/bin"
again=
[ -e "$home/hookkeeper.db" ] && again=yes
"$hookkeeper" init --dir "$home" --mode test --with-test-secrets >"$run/init.log" 2>&1 || {
	cat "$run/init.log" >&2
	die "hookkeeper init failed"
}

# Shown once, by the init that makes it.
password=$(sed -n 's/^admin  *admin, password \([^ ]*\) .*/\1/p' "$run/init.log")
if [ -n "$password" ]; then
	login="admin / $password"
else
	login="log in as before, or: hookkeeper admin passwd admin"
fi

# A token for /api/v1, made once and kept for the next time: this folder is ours alone.
[ -s "$home/token" ] || "$hookkeeper" token create --name "make run" --scopes '*' --json |
	sed -n 's/.*"token": *"\([^"]*\)".*/\1/p' >"$home/token"
[ -s "$home/token" ] || die "hookkeeper token create failed"

mkdir -p "$home/www"
{
	cat <<CONF
# Made anew by each make run; the part after the first lines is cgi-bin/lighttpd.conf.
server.bind = "127.0.0.1"
server.port = $port
server.document-root = "$home/www"
server.errorlog = "$home/lighttpd.log"
server.upload-dirs = ( "$run" )
var.hookkeeper_bin = "$run/bin"
var.hookkeeper_conf = "$HOOKKEEPER_CONF"
var.hookkeeper_run = "$run"

CONF
	cat cgi-bin/lighttpd.conf
} >"$home/lighttpd.conf"

"$hookkeeper" worker >>"$home/worker.log" 2>&1 &
worker=$!
lighttpd -D -f "$home/lighttpd.conf" >"$run/lighttpd.out" 2>&1 &
web=$!

# There when its receivers have made their sockets.
tries=100
until [ -S "$run/stripe.sock-0" ] && [ -S "$run/clerk.sock-0" ] && [ -S "$run/resend.sock-0" ]; do
	kill -0 "$web" 2>/dev/null || break
	tries=$((tries - 1))
	[ $tries -gt 0 ] || break
	sleep 0.1
done
sleep 0.2
kill -0 "$web" 2>/dev/null || {
	cat "$run/lighttpd.out" >&2
	tail -n 5 "$home/lighttpd.log" >&2
	die "lighttpd did not start"
}
kill -0 "$worker" 2>/dev/null || {
	tail -n 3 "$home/worker.log" >&2
	die "the worker did not start; does another hookkeeper use $home?"
}

url=http://127.0.0.1:$port
echo
echo "hookkeeper listens on $url; sending one signed sample of each kind:"
while read -r provider type; do
	printf '  %-7s %-32s ' "$provider" "$type"
	"$hookkeeper" send "$provider" "$type" --url "$url/webhooks/$provider" </dev/null 2>&1 ||
		die "the sample was not taken; see $home/lighttpd.log"
done <<SAMPLES
clerk user.created
stripe checkout.session.completed
resend email.delivered
resend email.bounced
SAMPLES

tries=50
while "$hookkeeper" events list --json | grep -Eq '"status": ?"(pending|processing)"'; do
	tries=$((tries - 1))
	[ $tries -gt 0 ] || break
	sleep 0.2
done
echo
echo "What became of them:"
"$hookkeeper" events list
echo
"$hookkeeper" audit || true
q() { case $1 in *[!A-Za-z0-9/._-]*) printf "'%s'" "$1" ;; *) printf %s "$1" ;; esac; }
here=$(pwd)/
command=${hookkeeper#"$here"}
cat <<WHERE

Pages       $url/admin/ ($login)
Addresses   $url/webhooks/stripe   $url/webhooks/clerk   $url/webhooks/resend
            $url/webhooks/custom/NAME (each [custom NAME] section of the settings)
Interface   $url/api/v1 (described by $url/api/v1/openapi.json), $url/healthz, $url/stream
Data        $home$([ -z "$again" ] || echo ' (kept from before)')
Secrets     $HOOKKEEPER_CONF (made up for this folder)
Logs        $home/lighttpd.log, $home/worker.log

Try, in another terminal:
  export HOOKKEEPER_CONF=$(q "$HOOKKEEPER_CONF")
  $(q "$command") events list
  $(q "$command") events show 1
  $(q "$command") send clerk user.created --url $url/webhooks/clerk
  $(q "$command") send --list
  $(q "$command") --help
  curl -H 'Authorization: Bearer $(cat "$home/token")' $url/api/v1/users

Ctrl-C stops it.
WHERE

# Both stay for as long as we do.
while kill -0 "$web" 2>/dev/null && kill -0 "$worker" 2>/dev/null; do
	sleep 1 &
	wait $! || true
done
die "something stopped by itself; see $home/lighttpd.log and $home/worker.log"
