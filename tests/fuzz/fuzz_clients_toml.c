/* Settings in TOML. */
#include "clients_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	clients_fuzz_one(CLIENT_CODEX, "x.toml", slice_of((const char *)data, size));
	return 0;
}
