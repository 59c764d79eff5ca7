/* Settings in JSON with comments. */
#include "clients_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	clients_fuzz_one(CLIENT_CLAUDE_CODE, "x.json", slice_of((const char *)data, size));
	return 0;
}
