/*
 * Receive: a request becomes an event, and its sender gets an answer.
 */
#ifndef INBOX_RECEIVE_H
#define INBOX_RECEIVE_H

#include "provider/provider.h"

/* The whole of a receiver's main(); returns its exit status (sysexits.h). */
int		 receive_main(const struct provider *);

#endif
