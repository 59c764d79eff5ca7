/* Keys, tokens and passwords. */
#include "scan/inside.h"

bool secrets_find(struct slice text, struct scan_findings *out)
{
	(void)text;
	(void)out;
	return false;
}

bool scan_has_secret(struct slice text)
{
	return secrets_find(text, NULL);
}
