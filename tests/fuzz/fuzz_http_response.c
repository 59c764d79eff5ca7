/* HTTP/1.1 responses, one behind the other: fed whole and in pieces they are read alike. */
#include "fuzz_http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct http_parse_opts opts = { .is_response = true, .head_bytes_max = 512, .on_body = gather };
	if (size)
		compare_splits(&opts, slice_of((const char *)data + 1, size - 1), 1u + data[0]);
	return 0;
}
