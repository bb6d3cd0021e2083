/*
 * Which certificate authorities are believed when we send to https.
 *
 * A libcurl knows where its own system keeps them.  One that is linked into a program
 * which was carried to another system does not, so the usual places are looked at.
 */
#ifndef DELIVER_AUTHORITIES_H
#define DELIVER_AUTHORITIES_H

/*
 * The PEM file to believe: ca_file ([outbox] of the settings) when it is not NULL,
 * else the first that can be read.  NULL: there is none, and every certificate is
 * refused unless libcurl finds a folder of them.
 */
const char	*authorities(const char *ca_file);

#endif
