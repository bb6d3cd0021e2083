#!/bin/sh
# web-files.sh PREFIX FOLDER - the files of cgi-bin/ that tell a web server, cron
# and systemd how to run hookkeeper, with the paths of PREFIX.
set -eu
to=$(cd "$2" && pwd)
cd "$(dirname "$0")/../cgi-bin"
for file in *; do
	case $file in
	*.c) continue ;;
	esac
	sed "s|/usr/local|$1|g" "$file" >"$to/$file"
	if [ -x "$file" ]; then chmod 755 "$to/$file"; else chmod 644 "$to/$file"; fi
done
