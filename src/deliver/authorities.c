/* Files of certificate authorities. */
#include "deliver/authorities.h"

#include <stddef.h>
#include <unistd.h>

#include <curl/curl.h>

static const char *const usual[] = {
	"/etc/ssl/certs/ca-certificates.crt",	/* Debian, Ubuntu, Arch, Gentoo */
	"/etc/pki/tls/certs/ca-bundle.crt",	/* Red Hat, AlmaLinux, CloudLinux, Fedora */
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",	/* the newest of these */
	"/etc/ssl/ca-bundle.pem",		/* SUSE */
	"/etc/ssl/cert.pem",			/* Alpine */
};

const char *
authorities(const char *ca_file)
{
	const char	*own;

	if (ca_file != NULL)
		return ca_file;
	own = curl_version_info(CURLVERSION_NOW)->cainfo;	/* since 7.70 */
	if (own != NULL && access(own, R_OK) == 0)
		return own;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (access(usual[i], R_OK) == 0)
			return usual[i];
	return NULL;
}
