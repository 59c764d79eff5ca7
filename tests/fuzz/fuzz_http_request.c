/* HTTP/1.1 requests, one behind the other: fed whole and in pieces they are read alike. */
#include "fuzz_http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct http_parse_opts opts = { .head_bytes_max = 512, .body_bytes_max = 256 };
	(void)gather;
	if (size)
		compare_splits(&opts, slice_of((const char *)data + 1, size - 1), 1u + data[0]);
	return 0;
}
