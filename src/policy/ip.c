/*
 * Addresses that lead inside. The blocks are those of the IANA special-purpose registries
 * (RFC 6890) that are not reachable from outside, with every way to wrap IPv4 in IPv6.
 */
#include "policy/host.h"

struct block4 {
	uint32_t net;
	int bits;
};

static const struct block4 inside4[] = {
	{0x00000000, 8},  /* 0/8 */
	{0x0a000000, 8},  /* 10/8 */
	{0x64400000, 10}, /* 100.64/10 */
	{0x7f000000, 8},  /* 127/8 */
	{0xa9fe0000, 16}, /* 169.254/16 */
	{0xac100000, 12}, /* 172.16/12 */
	{0xc0000000, 24}, /* 192.0.0/24, protocol assignments; a cloud's metadata lives there */
	{0xc0a80000, 16}, /* 192.168/16 */
	{0xc6120000, 15}, /* 198.18/15 */
	{0xe0000000, 4},  /* multicast */
	{0xf0000000, 4},  /* reserved, broadcast */
};

bool ip4_is_private(uint32_t address)
{
	for (size_t i = 0; i < ARRAY_LEN(inside4); i++)
		if ((address ^ inside4[i].net) >> (32 - inside4[i].bits) == 0)
			return true;
	return false;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

/* One part; a leading zero is octal, or decimal when reads_octal is false. */
static bool read_part(struct slice s, bool reads_octal, uint64_t *out)
{
	int base = 10;
	if (s.n >= 2 && s.p[0] == '0' && (s.p[1] == 'x' || s.p[1] == 'X')) {
		base = 16;
		s = slice_of(s.p + 2, s.n - 2);
	} else if (s.n >= 2 && s.p[0] == '0' && reads_octal) {
		base = 8;
	} else if (s.n == 0) {
		return false;
	}
	*out = 0;
	for (size_t i = 0; i < s.n; i++) {
		int d = digit_of(s.p[i]);
		if (d >= base || *out > UINT32_MAX)
			return false;
		*out = *out * (uint64_t)base + (uint64_t)d;
	}
	return *out <= UINT32_MAX;
}

static bool read_ip4(struct slice s, bool reads_octal, uint32_t *out)
{
	uint64_t parts[4], v = 0;
	size_t n = 0, at = 0;
	for (; n < 4; at++) {
		size_t from = at;
		while (at < s.n && s.p[at] != '.')
			at++;
		if (!read_part(slice_of(s.p + from, at - from), reads_octal, &parts[n++]))
			return false;
		if (at >= s.n)
			break;
	}
	if (at < s.n)
		return false;
	for (size_t i = 0; i + 1 < n; i++) {
		if (parts[i] > 255)
			return false;
		v |= parts[i] << (24 - 8 * i);
	}
	if (parts[n - 1] >= (uint64_t)1 << (8 * (5 - n)))
		return false;
	*out = (uint32_t)(v | parts[n - 1]);
	return true;
}

/* The last label decides, as URL parsers have it: digits, or 0x and hexadecimal digits. */
static bool looks_numeric(struct slice s)
{
	size_t from = s.n;
	while (from && s.p[from - 1] != '.')
		from--;
	struct slice last = slice_of(s.p + from, s.n - from);
	int base = 10;
	if (last.n >= 2 && last.p[0] == '0' && (last.p[1] == 'x' || last.p[1] == 'X')) {
		base = 16;
		last = slice_of(last.p + 2, last.n - 2);
	} else if (last.n == 0) {
		return false;
	}
	for (size_t i = 0; i < last.n; i++)
		if (digit_of(last.p[i]) >= base)
			return false;
	return true;
}

size_t ip4_read(struct slice s, uint32_t out[2], bool *is_numeric)
{
	size_t n = 0;
	*is_numeric = looks_numeric(s);
	if (!*is_numeric)
		return 0;
	if (read_ip4(s, true, &out[n]))
		n++;
	if (read_ip4(s, false, &out[n]) && (n == 0 || out[1] != out[0]))
		n++;
	return n;
}

/* The dotted tail of an IPv6 address: four decimal parts, no more liberties. */
static bool read_tail(struct slice s, unsigned char out[4])
{
	size_t at = 0;
	for (int i = 0; i < 4; i++) {
		int v = 0, digits = 0;
		for (; at < s.n && s.p[at] >= '0' && s.p[at] <= '9' && digits < 4; at++, digits++)
			v = v * 10 + (s.p[at] - '0');
		if (digits == 0 || v > 255 || (i < 3 && (at >= s.n || s.p[at++] != '.')))
			return false;
		out[i] = (unsigned char)v;
	}
	return at == s.n;
}

bool ip6_read(struct slice s, unsigned char out[16])
{
	unsigned char v[16] = {0};
	size_t n = 0, gap = SIZE_MAX, at = 0;
	if (s.n >= 2 && s.p[0] == ':' && s.p[1] == ':') {
		gap = 0;
		at = 2;
	}
	while (at < s.n) {
		unsigned word = 0;
		size_t from = at;
		for (; at < s.n && digit_of(s.p[at]) < 16 && at - from < 5; at++)
			word = word * 16 + (unsigned)digit_of(s.p[at]);
		if (at < s.n && s.p[at] == '.') {
			if (n > 12 || !read_tail(slice_of(s.p + from, s.n - from), v + n))
				return false;
			n += 4;
			break;
		}
		if (at == from || at - from > 4 || n > 14)
			return false;
		v[n++] = (unsigned char)(word >> 8);
		v[n++] = (unsigned char)word;
		if (at == s.n)
			break;
		if (s.p[at++] != ':' || at == s.n)
			return false;
		if (s.p[at] == ':') {
			if (gap != SIZE_MAX)
				return false;
			gap = n;
			at++;
		}
	}
	if (gap == SIZE_MAX ? n != 16 : n > 14)
		return false;
	memset(out, 0, 16);
	if (gap == SIZE_MAX)
		gap = n;
	memcpy(out, v, gap);
	memcpy(out + 16 - (n - gap), v + gap, n - gap);
	return true;
}

static bool wraps_private(const unsigned char *p, unsigned flip)
{
	uint32_t v = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	return ip4_is_private(flip ? ~v : v);
}

static bool starts(const unsigned char *a, const char *prefix, size_t n)
{
	return memcmp(a, prefix, n) == 0;
}

bool ip6_is_private(const unsigned char a[16])
{
	static const char zeros[12];
	if ((a[0] & 0xfe) == 0xfc || a[0] == 0xff)
		return true; /* fc00::/7, multicast */
	if (a[0] == 0xfe && a[1] >= 0x80)
		return true; /* fe80::/10 and fec0::/10, site-local of old */
	if (starts(a, zeros, 12))
		return wraps_private(a + 12, 0); /* ::, ::1 (0.0.0.1 is in 0/8), ::a.b.c.d */
	if (starts(a, zeros, 10) && a[10] == 0xff && a[11] == 0xff)
		return wraps_private(a + 12, 0);
	if (starts(a, zeros, 8) && a[8] == 0xff && a[9] == 0xff && a[10] == 0 && a[11] == 0)
		return wraps_private(a + 12, 0); /* ::ffff:0:a.b.c.d, RFC 2765 */
	if (a[0] == 0x20 && a[1] == 0x02)
		return wraps_private(a + 2, 0); /* 6to4 */
	if (starts(a, "\x20\x01\0\0", 4))
		return wraps_private(a + 4, 0) ||
		       wraps_private(a + 12, 1); /* Teredo: server, client */
	if ((a[8] & 0xfd) == 0 && starts(a + 9, "\0\x5e\xfe", 3) && wraps_private(a + 12, 0))
		return true; /* ISATAP, RFC 5214 */
	if (starts(a, "\0\x64\xff\x9b\0\0\0\0\0\0\0\0", 12))
		return wraps_private(a + 12, 0); /* NAT64 */
	return starts(a, "\0\x64\xff\x9b\0\x01", 6) || starts(a, "\x01\0\0\0\0\0\0\0", 8);
}
