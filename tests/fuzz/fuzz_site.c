/* Names of files and words of the search, from any bytes. */
#include "base/check.h"
#include "site/name.h"
#include "site/words.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	char file[SITE_NAME_SIZE], word[WORD_SIZE];
	site_name(text, file);
	size_t n = strlen(file), words = 0;
	BUG_ON(n == 0 || n >= SITE_NAME_SIZE - 8);
	BUG_ON(strspn(file, "abcdefghijklmnopqrstuvwxyz0123456789_-~") != n);
	struct words w = words_of(text);
	while ((n = words_next(&w, word))) {
		BUG_ON(n >= WORD_SIZE);
		BUG_ON(++words > size);
		for (size_t i = 0; i < n; i++)
			BUG_ON((unsigned char)word[i] < '0' || (word[i] >= 'A' && word[i] <= 'Z'));
	}
	BUG_ON(w.rest.n != 0);
	return 0;
}
