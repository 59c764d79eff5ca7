/*
 * Our own standard input and output as a descriptor that the loop can use, whatever they
 * are: pipes, sockets, files, a terminal. Two threads copy between them and a socket pair,
 * with the socket's buffer as the limit of what waits.
 */
#ifndef NET_STDIO_H
#define NET_STDIO_H
#include "base/err.h"

/* Once in a process. The descriptor does not block and is for conn_accept; the end of standard
 * input is the end of its stream. -1 and *e when it cannot be made. */
int stdio_open(struct err *e) MUST_CHECK;
/* After the connection was closed: waits until standard output has taken what was sent. */
void stdio_finish(void);

#endif
