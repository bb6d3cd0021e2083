#!/bin/sh
# deb.sh BUILD FOLDER VERSION - a Debian package of what BUILD has, in FOLDER.
# The programs are static, so it installs on any Debian or Ubuntu of this kind of
# machine.  SOURCE_DATE_EPOCH is the time of every file in it.
set -eu
export LC_ALL=C TZ=UTC
umask 022
here=$(cd "$(dirname "$0")/.." && pwd)
build=$1 folder=$2 version=$3
name=hookkeeper_${version}_amd64
tree=$folder/$name

rm -rf "$tree" "$tree.deb"
mkdir -p "$tree/DEBIAN"
make -C "$here" --no-print-directory -s B="$build" WHOLE=1 DESTDIR="$(cd "$tree" && pwd)" PREFIX=/usr install
strip --strip-all "$tree"/usr/bin/hookkeeper "$tree"/usr/lib/hookkeeper/*.fcgi
gzip -9n "$tree/usr/share/man/man1/hookkeeper.1"
# Debian's own places.
mkdir -p "$tree/usr/share/zsh/vendor-completions" "$tree/usr/lib/systemd/system" \
	"$tree/etc/apache2/conf-available" "$tree/etc/lighttpd/conf-available"
mv "$tree"/usr/share/zsh/site-functions/* "$tree/usr/share/zsh/vendor-completions/"
rmdir "$tree/usr/share/zsh/site-functions"
mv "$tree"/usr/share/hookkeeper/*.service "$tree"/usr/share/hookkeeper/*.socket \
	"$tree/usr/lib/systemd/system/"
mv "$tree/usr/share/doc/hookkeeper/LICENSE" "$tree/usr/share/doc/hookkeeper/copyright"

cat >"$tree/etc/apache2/conf-available/hookkeeper.conf" <<'CONF'
# a2enconf hookkeeper; needs the modules alias, env, and fcgid or cgid.
Define HOOKKEEPER_BIN /usr/lib/hookkeeper
Define HOOKKEEPER_CONF /etc/hookkeeper/hookkeeper.conf
Include /usr/share/hookkeeper/apache.conf
CONF
cat >"$tree/etc/lighttpd/conf-available/90-hookkeeper.conf" <<'CONF'
# lighty-enable-mod hookkeeper
var.hookkeeper_bin = "/usr/lib/hookkeeper"
var.hookkeeper_conf = "/etc/hookkeeper/hookkeeper.conf"
var.hookkeeper_run = "/var/lib/hookkeeper/run"
include "/usr/share/hookkeeper/lighttpd.conf"
CONF
(cd "$tree" && find etc -type f | sort | sed 's|^|/|') >"$tree/DEBIAN/conffiles"

cat >"$tree/DEBIAN/control" <<CONTROL
Package: hookkeeper
Version: $version
Architecture: amd64
Maintainer: the hookkeeper authors <hookkeeper@localhost>
Installed-Size: $(du -sk --apparent-size "$tree/usr" | cut -f1)
Recommends: apache2 | lighttpd | httpd
Section: web
Priority: optional
Description: receives webhooks and keeps books of them
 Small static FastCGI programs that receive webhooks from Stripe, Clerk, Resend
 and others behind Apache, lighttpd or nginx, verify and store each in an SQLite
 database before they answer, and make books of them: users, credits, payments,
 subscriptions, mails.
CONTROL
# An upgrade keeps a copy of the database as it was; a first installation cannot
# know the mode, so making the settings is left to a person.
cat >"$tree/DEBIAN/postinst" <<'SCRIPT'
#!/bin/sh
set -e
[ "$1" = configure ] || exit 0
data=/var/lib/hookkeeper
conf=/etc/hookkeeper/hookkeeper.conf
install -d -o www-data -g www-data -m 700 /etc/hookkeeper $data
as_web() { runuser -u www-data -- env -u HOOKKEEPER_DB -u HOOKKEEPER_MODE "$@"; }
cd $data
as_web mkdir -p run backups
if [ -e $conf ]; then
	as_web hookkeeper --conf $conf backup "$data/backups/hookkeeper-$(date -u +%Y%m%d-%H%M%S).db"
	as_web hookkeeper init --dir /etc/hookkeeper >/dev/null
else
	echo "hookkeeper: make the settings with"
	echo "  runuser -u www-data -- hookkeeper init --dir /etc/hookkeeper --db $data/hookkeeper.db --mode test"
fi
SCRIPT
cat >"$tree/DEBIAN/postrm" <<'SCRIPT'
#!/bin/sh
set -e
# Who paid for what is not thrown away by a package manager.
if [ "$1" = purge ] && [ -d /var/lib/hookkeeper ]; then
	echo "hookkeeper: settings and database stay in /etc/hookkeeper and /var/lib/hookkeeper; remove them yourself"
fi
SCRIPT
chmod 755 "$tree/DEBIAN/postinst" "$tree/DEBIAN/postrm"
(cd "$tree" && find usr -type f | sort | xargs -d '\n' md5sum) >"$tree/DEBIAN/md5sums"
find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --threads-max=1 --build "$tree" "$tree.deb" >/dev/null
rm -rf "$tree"
stat -c '%9s  %n' "$tree.deb"
