#!/bin/sh
# dist.sh BUILD FOLDER NAME - pack what BUILD has as FOLDER/NAME.tar.gz, with
# SHA256SUMS in it and beside it.  SOURCE_DATE_EPOCH is the time of every file,
# names are sorted and owners are nobody in particular, so the same programs
# give the same bytes.
set -eu
export LC_ALL=C TZ=UTC
umask 022
here=$(cd "$(dirname "$0")/.." && pwd)
build=$1 folder=$2 name=$3
tree=$folder/$name

rm -rf "$tree" "$tree.tar.gz"
mkdir -p "$tree/bin" "$tree/cgi-bin" "$tree/completion" "$tree/docs" "$tree/man"
for program in "$build"/bin/hookkeeper "$build"/cgi-bin/*.fcgi; do
	to=$tree/$(basename "$(dirname "$program")")/$(basename "$program")
	strip --strip-all -o "$to" "$program"
	chmod 755 "$to"
	if readelf -Wl "$to" | grep -q INTERP; then
		echo "dist: $program is not static" >&2
		exit 1
	fi
done
"$here/tools/web-files.sh" /usr/local "$tree/cgi-bin"
"$tree/bin/hookkeeper" completion bash >"$tree/completion/hookkeeper.bash"
"$tree/bin/hookkeeper" completion zsh >"$tree/completion/_hookkeeper"
cp "$here"/docs/* "$tree/docs/"
cp "$here/man/hookkeeper.1" "$tree/man/"
cp "$here/LICENSE" "$here/README.md" "$tree/"
cp "$here/tools/install.sh" "$tree/"
find "$tree" -type f ! -perm -100 -exec chmod 644 {} +
chmod 755 "$tree/install.sh"
(cd "$tree" && find . -type f | sed 's|^\./||' | sort | xargs -d '\n' sha256sum) >"$folder/sums"
mv "$folder/sums" "$tree/SHA256SUMS"

(cd "$folder" && tar --sort=name --format=ustar --owner=0 --group=0 --numeric-owner \
	--mode=go-w --mtime="@$SOURCE_DATE_EPOCH" -cf "$name.tar" "$name" && gzip -nf "$name.tar")
(cd "$folder" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")

echo "bytes, stripped; static programs need no library:"
(cd "$tree" && stat -c '%9s  %n' bin/* cgi-bin/*.fcgi)
stat -c '%9s  %n' "$tree.tar.gz"
