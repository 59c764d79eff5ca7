/* The words of the catalogue's enumerations. */
#include "index/index.h"

const char *index_source_word(enum index_source s)
{
	switch (s) {
	case INDEX_LIVE:
		return "live";
	case INDEX_FILE:
		return "file";
	case INDEX_REGISTRY:
		return "registry";
	case INDEX_NO_SOURCE:
		break;
	}
	return "unknown";
}
