/* Socket addresses as people write them: "127.0.0.1:80", "[::1]:0", "unix:/path". */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H
#include "base/err.h"
#include "base/slice.h"
#include <stdint.h>
#include <sys/socket.h>

struct address {
	struct sockaddr_storage ss;
	socklen_t n;
};

#define ADDRESS_TEXT_SIZE 64

/* Numbers only, no names; "unix:" with at most 107 bytes of path. */
bool address_parse(struct slice text, struct address *out, struct err *e) MUST_CHECK;
/* A numeric host; false for names. */
bool address_of_ip(struct slice host, int port, struct address *out) MUST_CHECK;
/* The host without a port, or "unix". */
void address_host_text(const struct address *a, char out[ADDRESS_TEXT_SIZE]);
/* Whose process the other end of a connected Unix socket is; -1: it cannot be told. */
int64_t address_peer_uid(int fd);
int address_port(const struct address *a); /* 0 for Unix sockets */

#endif
