/* Text to socket addresses and back. */
#include "net/address.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/un.h>

static bool parse_unix(struct slice path, struct address *out, struct err *e)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&out->ss;
	if (path.n == 0 || path.n >= sizeof un->sun_path || memchr(path.p, '\0', path.n))
		return err_set(e, ERR_INPUT, "address 'unix:%.*s': the path must have 1 to %zu bytes",
		               SLICE_ARG(path), sizeof un->sun_path - 1);
	*out = (struct address){ 0 };
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path.p, path.n);
	out->n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.n + 1);
	return true;
}

bool address_of_ip(struct slice host, int port, struct address *out)
{
	char text[INET6_ADDRSTRLEN + 1];
	if (host.n == 0 || host.n >= sizeof text)
		return false;
	memcpy(text, host.p, host.n);
	text[host.n] = '\0';
	*out = (struct address){ 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&out->ss;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->ss;
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		out->n = sizeof *v4;
		return true;
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		out->n = sizeof *v6;
		return true;
	}
	return false;
}

bool address_parse(struct slice text, struct address *out, struct err *e)
{
	if (slice_starts(text, SLICE_LIT("unix:")))
		return parse_unix(slice_of(text.p + 5, text.n - 5), out, e);
	const char *colon = text.n ? memrchr(text.p, ':', text.n) : NULL;
	if (!colon)
		return err_set(e, ERR_INPUT, "address '%.*s': no port; write it as 127.0.0.1:8811",
		               SLICE_ARG(text));
	struct slice host = slice_of(text.p, (size_t)(colon - text.p));
	struct slice digits = slice_of(colon + 1, text.n - host.n - 1);
	unsigned long long port;
	if (!slice_u64(digits, &port) || port > 65535)
		return err_set(e, ERR_INPUT, "address '%.*s': '%.*s' is no port", SLICE_ARG(text),
		               SLICE_ARG(digits));
	bool is_v6 = host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
	if (is_v6)
		host = slice_of(host.p + 1, host.n - 2);
	if (!address_of_ip(host, (int)port, out) || is_v6 != (out->ss.ss_family == AF_INET6))
		return err_set(e, ERR_INPUT,
		               "address '%.*s': the host must be an IPv4 address or an IPv6 address in brackets",
		               SLICE_ARG(text));
	return true;
}

void address_host_text(const struct address *a, char out[ADDRESS_TEXT_SIZE])
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a->ss;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a->ss;
	if (a->ss.ss_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, out, ADDRESS_TEXT_SIZE);
	else if (a->ss.ss_family == AF_INET6)
		inet_ntop(AF_INET6, &v6->sin6_addr, out, ADDRESS_TEXT_SIZE);
	else
		snprintf(out, ADDRESS_TEXT_SIZE, "unix");
}

int address_port(const struct address *a)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a->ss;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a->ss;
	if (a->ss.ss_family == AF_INET)
		return ntohs(v4->sin_port);
	return a->ss.ss_family == AF_INET6 ? ntohs(v6->sin6_port) : 0;
}

int64_t address_peer_uid(int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0 || n != sizeof who)
		return -1;
	return who.uid;
}
