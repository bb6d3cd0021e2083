#!/bin/sh
# install.sh - put hookkeeper onto this host, bring one that is there up to date,
# or take it away again.  `./install.sh --help` tells the options; without any it
# finds out what it can and asks the rest.
set -eu
umask 077
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd -P)

usage() {
	cat <<'USAGE'
usage: ./install.sh [options]

  --web-root DIR     the site's folder, where .htaccess and the programs go
                     (else public_html or the like in your home)
  --home DIR         settings, database, backups; outside of the site's folder
                     (else ~/hookkeeper; as root /var/lib/hookkeeper)
  --mode test|live   whose Stripe events count
  --url URL          the site's address, such as https://shop.example
  --server NAME      apache or lighttpd, where it is not seen by itself
  --user NAME        as root: the user the web server runs programs as
  --cron             have cron work off every minute what is due
  --with-test-secrets  make up the senders' secrets, to try things out
  --yes              ask nothing
  --uninstall        take away what was put here; settings and data stay
  --purge            with --uninstall: settings, data and backups too

Signing secrets are asked for on a terminal, or taken from STRIPE_WEBHOOK_SECRET,
CLERK_WEBHOOK_SECRET and RESEND_WEBHOOK_SECRET, into settings that have none yet.
Run it again, of this version or a newer one, to repair or upgrade what is there.
USAGE
}
say() { echo "install: $*"; }
die() { echo "install: $*" >&2; exit 1; }

web_root='' home='' mode='' url='' server='' owner='' yes='' cron='' samples='' uninstall='' purge=''
while [ $# -gt 0 ]; do
	option=$1 value=''
	case $option in
	--*=*)	value=${option#*=} option=${option%%=*} ;;
	--web-root | --home | --mode | --url | --server | --user)
		[ $# -ge 2 ] || { usage >&2; die "$option needs a value"; }
		value=$2; shift ;;
	esac
	shift
	case $option in
	--web-root) web_root=$value ;;
	--home) home=$value ;;
	--mode) mode=$value ;;
	--url) url=${value%/} ;;
	--server) server=$value ;;
	--user) owner=$value ;;
	--yes) yes=1 ;;
	--cron) cron=1 ;;
	--with-test-secrets) samples=--with-test-secrets ;;
	--uninstall) uninstall=1 ;;
	--purge) purge=1 ;;
	--help | -h) usage; exit 0 ;;
	*) usage >&2; die "there is no option $option" ;;
	esac
done
case $mode in '' | test | live) ;; *) die "--mode is test or live, not '$mode'" ;; esac
case $server in '' | apache | lighttpd) ;; *) die "--server is apache or lighttpd, not '$server'; docs/ways.md tells of others" ;; esac
[ -z "$purge" ] || [ -n "$uninstall" ] || die "--purge goes with --uninstall"

# What is set for another one must not reach this.
stripe=${STRIPE_WEBHOOK_SECRET:-}
clerk=${CLERK_WEBHOOK_SECRET:-${CLERK_WEBHOOK_SIGNING_SECRET:-}}
resend=${RESEND_WEBHOOK_SECRET:-}
unset HOOKKEEPER_CONF HOOKKEEPER_DB HOOKKEEPER_MODE STRIPE_WEBHOOK_SECRET \
	CLERK_WEBHOOK_SECRET CLERK_WEBHOOK_SIGNING_SECRET RESEND_WEBHOOK_SECRET

work=$(mktemp -d)
staged=''
trap 'rm -rf "$work" ${staged:+"$staged"}' EXIT
trap 'exit 130' INT TERM HUP PIPE

root=''
[ "$(id -u)" != 0 ] || root=1
[ -z "$owner" ] || [ -n "$root" ] || die "--user is for root; you install for yourself"
asks=''
[ -n "$yes" ] || ! [ -t 0 ] || asks=1

# The answer, or nothing when nobody is there to be asked.
ask() {
	answer=''
	[ -n "$asks" ] || return 0
	printf '%s ' "$1" >&2
	read -r answer || answer=''
}
agree() {
	[ -n "$yes" ] && return
	[ -n "$asks" ] || die "$1 Say --yes to go on without being asked."
	ask "$1 [Y/n]"
	case $answer in '' | [Yy]*) ;; *) die "nothing was done" ;; esac
}

# As the user the programs run as: the database belongs to that one.
as_owner() {
	if [ -n "$root" ]; then
		runuser -u "$owner" -- "$@"
	else
		"$@"
	fi
}
# Standard input becomes a file that is the owner's alone, in one step.  Never as
# root in a folder of others, who could put a link there.
# shellcheck disable=SC2016 # it is the inner shell that knows $1
own_file() { as_owner sh -c 'umask 077; cat >"$1.new" && mv -f "$1.new" "$1"' sh "$1"; }
# Is $1 the folder $2, or in it?
inside() { case $1/ in "$2"/*) return 0 ;; *) return 1 ;; esac; }

# --- What is here ------------------------------------------------------------

# By what runs, else by whose configuration is there.
find_server() {
	runs=$(cat /proc/[0-9]*/comm 2>/dev/null || true)
	case "
$runs
" in
	*"
apache2
"* | *"
httpd
"*)	echo apache; return ;;
	*"
lighttpd
"*)	echo lighttpd; return ;;
	esac
	if [ -d /etc/apache2 ] || [ -d /etc/httpd ]; then
		echo apache
	elif [ -d /etc/lighttpd ]; then
		echo lighttpd
	elif [ -z "$root" ]; then
		echo apache	# a shared host that hides it
	fi
}
find_owner() {
	for name in www-data apache lighttpd http nginx nobody; do
		if id "$name" >/dev/null 2>&1; then
			echo "$name"
			return
		fi
	done
}
find_web_root() {
	found=''
	for folder in "$HOME"/public_html "$HOME"/www "$HOME"/htdocs "$HOME"/httpdocs \
	    "$HOME"/html "$HOME"/web "$HOME"/domains/*/public_html; do
		if ! [ -d "$folder" ] || ! [ -w "$folder" ]; then continue; fi
		folder=$(cd "$folder" && pwd -P)
		case "
$found" in
		*"
$folder
"*) ;;
		*) found="$found$folder
" ;;
		esac
	done
	printf %s "$found"
}
choose_web_root() {
	[ -z "$web_root" ] || return 0
	choices=$(find_web_root)
	case $(printf '%s\n' "$choices" | grep -c .) in
	0)	ask "Which folder does the web server show as your site?"
		web_root=$answer ;;
	1)	web_root=$choices ;;
	*)	[ -z "$asks" ] || printf '%s\n' "$choices" >&2
		ask "Which of these is the site's folder?"
		web_root=$answer ;;
	esac
	[ -n "$web_root" ] ||
		die "the site's folder is not known; give it by --web-root${choices:+, one of: $(echo "$choices" | tr '\n' ' ')}"
}
# mod_fcgid, as far as one can see it from here.
find_how() {
	if ls /etc/apache2/mods-enabled/fcgid.load /etc/httpd/conf.modules.d/*fcgid* >/dev/null 2>&1; then
		echo "FastCGI (mod_fcgid)"
	else
		echo "FastCGI where Apache has mod_fcgid, else plain CGI"
	fi
}

# --- What goes where ---------------------------------------------------------

places() {
	if [ -n "$root" ]; then
		owner=${owner:-$(find_owner)}
		[ -n "$owner" ] || die "whom does the web server run programs as? give it by --user"
		home=${home:-/var/lib/hookkeeper}
		command=/usr/local/bin/hookkeeper
		share=/usr/local/share/hookkeeper
		programs=/usr/local/lib/hookkeeper
	else
		home=${home:-$HOME/hookkeeper}
		command=$home/bin/hookkeeper
		share=$home/share
		programs=$home/cgi-bin
	fi
	case $home in /*) ;; *) home=$(pwd -P)/$home ;; esac
	conf=$home/hookkeeper.conf
	# What was put where; as root that must not be for others to write.
	list=${root:+$share}
	list=${list:-$home}/installed
}
choose_places() {
	server=${server:-$(find_server)}
	[ -n "$server" ] || die "no web server is to be seen: give --server apache or --server lighttpd"
	# With .htaccess the programs lie in the site's own folder.
	site=''
	if [ "$server" = apache ] && { [ -z "$root" ] || [ -n "$web_root" ]; }; then
		choose_web_root
		[ -d "$web_root" ] || die "the site's folder $web_root is not there"
		[ -w "$web_root" ] || die "the site's folder $web_root cannot be written to"
		site=$(cd "$web_root" && pwd -P)
		programs=$site
	fi
	# Looked at without making it: a refusal leaves nothing behind.
	above=$home
	while ! [ -d "$above" ]; do above=$(dirname "$above"); done
	real=$(cd "$above" && pwd -P)${home#"$above"}
	if [ -n "$site" ]; then
		! inside "$real" "$site" ||
			die "$home lies in the site's folder, where the web server would show it: give another by --home"
		! inside "$site" "$real" ||
			die "the site's folder lies in $home, which nobody else may enter: give another by --home"
	fi
}

# Put a file there in one step, and note it for --uninstall.
put() {	# mode from to
	mkdir -p "$(dirname "$3")" "$(dirname "$list")"
	cp "$2" "$3.new"
	chmod "$1" "$3.new"
	mv -f "$3.new" "$3"
	note "$3"
}
note() {
	grep -qxF "$1" "$list" 2>/dev/null || echo "$1" >>"$list"
}

# What is between our marks, whatever else the file says, goes first: rules of
# others that catch every address come after it.
mark_begin='# --- hookkeeper, by its install.sh ---'
mark_end='# --- end of hookkeeper ---'
without_block() {
	[ ! -e "$1" ] || awk -v from="$mark_begin" -v to="$mark_end" \
		'$0 == from { ours = 1 } !ours { print } $0 == to { ours = 0 }' "$1"
}
put_htaccess() {
	file=$site/.htaccess
	if [ -s "$file" ] && ! grep -qxF "$mark_begin" "$file"; then
		own_file "$home/backups/htaccess.$now" <"$file"
		say "$file was there: ours goes in front of it, a copy is in $home/backups"
	fi
	{
		echo "$mark_begin"
		cat "$here/cgi-bin/htaccess"
		echo "$mark_end"
		without_block "$file"
	} >"$file.new"
	chmod 644 "$file.new"
	mv -f "$file.new" "$file"
}

put_programs() {
	put 755 "$here/bin/hookkeeper" "$command"
	for file in "$here"/cgi-bin/*.fcgi; do
		put 755 "$file" "$programs/$(basename "$file")"
	done
	for where in "$programs" "$(dirname "$command")"; do
		echo "$conf" >"$work/where"
		put 644 "$work/where" "$where/hookkeeper.where"
	done
	for file in "$here"/cgi-bin/* "$here"/man/* "$here"/completion/*; do
		case $file in
		*.fcgi) ;;
		*.service)
			sed "s|/etc/hookkeeper/hookkeeper.conf|$conf|; s|=www-data|=${owner:-$(id -un)}|" "$file" >"$work/unit"
			put 644 "$work/unit" "$share/$(basename "$file")" ;;
		*) put 644 "$file" "$share/$(basename "$file")" ;;
		esac
	done
	chmod 755 "$share"/*.sh
	if [ -n "$root" ]; then
		chmod 755 "$share" "$programs"
		put 644 "$here/man/hookkeeper.1" /usr/local/share/man/man1/hookkeeper.1
		put 644 "$here/completion/hookkeeper.bash" \
			/usr/local/share/bash-completion/completions/hookkeeper
		put 644 "$here/completion/_hookkeeper" /usr/local/share/zsh/site-functions/_hookkeeper
	fi
}

# What the web server's own configuration is to include.
put_server_conf() {
	site_conf=$share/$server.site.conf
	if [ "$server" = apache ]; then
		cat >"$work/conf" <<CONF
Define HOOKKEEPER_BIN "$programs"
Define HOOKKEEPER_CONF "$conf"
Include "$share/apache.conf"
CONF
	else
		as_owner mkdir -p "$home/run"
		cat >"$work/conf" <<CONF
var.hookkeeper_bin = "$programs"
var.hookkeeper_conf = "$conf"
var.hookkeeper_run = "$home/run"
include "$share/lighttpd.conf"
CONF
	fi
	put 644 "$work/conf" "$site_conf"
	linked=''
	[ -n "$root" ] || return 0
	for folder in /etc/apache2/conf-enabled /etc/httpd/conf.d /etc/lighttpd/conf-enabled; do
		case $server:$folder in
		apache:/etc/apache2/* | apache:/etc/httpd/* | lighttpd:/etc/lighttpd/*) ;;
		*) continue ;;
		esac
		[ -d "$folder" ] || continue
		ln -sf "$site_conf" "$folder/90-hookkeeper.conf"
		note "$folder/90-hookkeeper.conf"
		linked=$folder/90-hookkeeper.conf
	done
}

# --- Settings ----------------------------------------------------------------

# Is there a secret in section $1?
has_secret() {
	awk -v want="[$1]" '/^\[/ { here = $0 == want } here && /^secrets *=/ { found = 1 }
		END { exit !found }' "$conf"
}
put_secret() {	# section secret
	case $2 in
	*[!A-Za-z0-9+/=_-]* | '') die "the secret for $1 has what no secret has: it is one word, whsec_..." ;;
	esac
	# The secret goes by the environment: other users see arguments.
	secret=$2 awk -v want="[$1]" '{ print } $0 == want { print "secrets = " ENVIRON["secret"]; done = 1 }
		END { if (!done) print "\n" want "\nsecrets = " ENVIRON["secret"] }' "$conf" >"$work/settings"
	own_file "$conf" <"$work/settings"
}
put_secrets() {
	for sender in stripe clerk resend; do
		case $sender in
		stripe) given=$stripe ;;
		clerk) given=$clerk ;;
		resend) given=$resend ;;
		esac
		has_secret $sender && continue
		if [ -z "$given" ] && [ -n "$asks" ] && [ -z "$samples" ]; then
			stty -echo 2>/dev/null || true
			ask "Signing secret of $sender (Enter: later):"
			stty echo 2>/dev/null || true
			echo >&2
			given=$answer
		fi
		[ -z "$given" ] || put_secret $sender "$given"
	done
}
setting() { sed -n "s/^$1 *= *//p" "$conf" | head -n 1; }

choose_mode() {
	if [ -z "$mode" ]; then
		ask "Which Stripe events count, those of test or of live mode?"
		mode=$answer
	fi
	case $mode in test | live) ;; *) die "the mode is missing: --mode test or --mode live" ;; esac
}
make_settings() {
	# shellcheck disable=SC2086 # an option or nothing
	as_owner "$staged" init --dir "$home" --mode "$mode" $samples >"$work/init" ||
		die "hookkeeper init failed"
	grep -E '^(settings|database|mode|admin) ' "$work/init"
}

# A copy of the database as the old version left it, then the new schema.
upgrade() {
	db=$(setting db)
	backup=$home/backups/hookkeeper-$now.db
	as_owner "$staged" --conf "$conf" backup "$backup" >/dev/null ||
		die "no backup could be made, so nothing was changed"
	say "the database as it was is in $backup"
	as_owner "$staged" init --dir "$home" ${mode:+--mode "$mode"} >/dev/null ||
		die "the database could not be brought to this version; the programs stay as they were"
	say "$db has the schema of $("$staged" version)"
}

# Programs that still run from files that are no longer there: their web server
# starts the new ones.  By number, and only those in our own folder.
end_old_programs() {
	for exe in /proc/[0-9]*/exe; do
		program=$(readlink "$exe" 2>/dev/null) || continue
		pid=${exe#/proc/}
		pid=${pid%/exe}
		case $program in
		"$programs"/*.fcgi\ \(deleted\)) kill "$pid" 2>/dev/null || true ;;
		"$command"\ \(deleted\)) say "a worker of the old version runs (process $pid): start it anew" ;;
		esac
	done
}

# --- cron --------------------------------------------------------------------

cron_mark='# hookkeeper, by its install.sh'
crontab_of() { if [ -n "$root" ]; then crontab -u "$owner" "$@"; else crontab "$@"; fi; }
without_cron() { crontab_of -l 2>/dev/null | grep -vF "$cron_mark" || true; }
put_cron() {
	cron_line="* * * * * $command --conf $conf worker --once >/dev/null $cron_mark"
	if [ -z "$cron" ] && [ -n "$asks" ] && command -v crontab >/dev/null; then
		ask "Have cron work off every minute what is due? [Y/n]"
		case $answer in '' | [Yy]*) cron=1 ;; esac
	fi
	[ -n "$cron" ] || return 0
	command -v crontab >/dev/null || die "there is no crontab command; enter this at your host's panel: $cron_line"
	{ without_cron; echo "$cron_line"; } | crontab_of -
}

# --- Out with it -------------------------------------------------------------

take_away() {
	[ -e "$list" ] || die "nothing is installed in $home; give the folder by --home"
	programs=$(sed -n 's|/stripe\.fcgi$||p' "$list")
	agree "Take hookkeeper away${purge:+, with settings, database and backups}, from $home and $programs?"
	while read -r file; do
		rm -f "$file"
	done <"$list"
	end_old_programs
	file=$programs/.htaccess
	if grep -qxF "$mark_begin" "$file" 2>/dev/null; then
		without_block "$file" >"$file.new"
		chmod 644 "$file.new"
		mv -f "$file.new" "$file"
		[ -s "$file" ] || rm -f "$file"
	fi
	if command -v crontab >/dev/null && crontab_of -l 2>/dev/null | grep -qF "$cron_mark"; then
		without_cron | crontab_of -
	fi
	rm -f "$list"
	for folder in "$home/bin" "$home/share" "$home/cgi-bin" "$home/run" \
	    ${root:+/usr/local/lib/hookkeeper /usr/local/share/hookkeeper}; do
		rmdir "$folder" 2>/dev/null || true
	done
	if [ -z "$purge" ]; then
		say "gone; settings and data stay in $home"
		return
	fi
	db=$([ ! -e "$conf" ] || setting db)
	data=${db%/*}
	# Only what is ours by its name: the folder may have been there before.
	for file in "$conf" ${db:+"$db" "$db-wal" "$db-shm" "$db-journal" "$db.lock" \
	    "$data/worker.lock" "$data/worker.once" "$data/worker.sock" "$data/api.limit"} \
	    "$home"/backups/hookkeeper-*.db "$home"/backups/htaccess.*; do
		rm -f "$file"
	done
	rmdir "$home/backups" "$home" 2>/dev/null || true
	say "gone, with settings, database and backups"
	[ ! -d "$home" ] || say "$home has other files, and stays"
}

# --- In with it --------------------------------------------------------------

told() {
	site_url=${url:-https://YOUR-SITE}
	cat <<TOLD

Enter these addresses:
  Stripe   $site_url/webhooks/stripe   dashboard, Workbench, Webhooks, Add destination
  Clerk    $site_url/webhooks/clerk    dashboard, Configure, Webhooks, Add endpoint
  Resend   $site_url/webhooks/resend   dashboard, Webhooks, Add webhook
Pages      $site_url/admin/
TOLD
	for sender in stripe clerk resend; do
		has_secret $sender ||
			echo "No secret of $sender yet: enter it in $conf, or run this again."
	done
	if [ -z "$site" ]; then
		if [ -n "$linked" ]; then
			echo "The web server's configuration has $linked: restart $server."
		else
			echo "The web server's configuration must include $site_conf, so ask its owner."
		fi
	fi
	[ -n "$cron" ] || echo "For cron, every minute: $command --conf $conf worker --once"
	[ -z "$root" ] || ! [ -d /run/systemd/system ] ||
		echo "Or as a service: $share/hookkeeper.service"
}
examine() {
	echo
	as_owner "$command" --conf "$conf" doctor --programs "$programs" ${url:+--url "$url"} ||
		say "it is installed; see to what 'fail' says, then: $command doctor --url $site_url"
}

places
if [ -n "$uninstall" ]; then
	take_away
	exit 0
fi
program=$here/bin/hookkeeper
(cd "$here" && sha256sum --quiet -c SHA256SUMS) || die "the files are not as they were packed: unpack the archive again"
version=$("$program" version) || die "$program does not run here: is this Linux on x86_64, and may programs run in this folder?"
choose_places

if [ -e "$conf" ]; then
	agree "Bring hookkeeper in $home and $programs to $version?"
else
	choose_mode
	cat <<PLAN
$version goes
  settings, database   $home
  programs             $programs$([ -z "$site" ] || echo ', with .htaccess')
  web server           $server, $(if [ "$server" = apache ]; then find_how; else echo FastCGI; fi)
PLAN
	agree "Go on?"
fi

now=$(date -u +%Y%m%d-%H%M%S)
mkdir -p "$home"
home=$(cd "$home" && pwd -P)
chmod 700 "$home"
[ -z "$root" ] || chown "$owner:" "$home"
places
[ -z "$site" ] || programs=$site
cd "$home"
as_owner mkdir -p "$home/backups"
# The owner must be able to run it, wherever it was unpacked; and the one that is
# there stays until the database is ready for this one.
umask 022
mkdir -p "$(dirname "$command")"
staged=$command.next
cp "$program" "$staged"
chmod 755 "$staged"
if [ -e "$conf" ]; then
	upgrade
else
	make_settings
fi
put_secrets
put_programs
if [ -n "$site" ]; then
	put_htaccess
else
	put_server_conf
fi
end_old_programs
put_cron
told
examine
