#!/bin/sh
# curl-unused.sh libcurl.a - C on standard output that stands in for the
# libraries Debian's libcurl can use and hookkeeper never does: LDAP, RTMP, SSH,
# Kerberos and the public suffix list of its cookies.  Debian has no static
# build of some of them.  Only http and https are let through (CURLOPT_PROTOCOLS_STR),
# without cookies and without a login, so none of these is called, but for
# libssh2_init(), which curl_global_init() wants to hear 0 from.
set -eu
echo '/* Made by tools/curl-unused.sh. */'
nm -u "$1" 2>/dev/null |
	sed -n 's/^ *U \(\(gss_\|GSS_\|ldap_\|ber_\|RTMP_\|libssh2_\|psl_\)[A-Za-z0-9_]*\)$/\1/p' |
	LC_ALL=C sort -u |
	while read -r name; do
		printf 'long %s(void);\nlong %s(void) { return 0; }\n' "$name" "$name"
	done
