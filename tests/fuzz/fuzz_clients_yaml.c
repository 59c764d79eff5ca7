/* Settings in YAML. */
#include "clients_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	clients_fuzz_one(CLIENT_CONTINUE, "x.yaml", slice_of((const char *)data, size));
	return 0;
}
