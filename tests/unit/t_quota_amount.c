/* Amounts: read from JSON numbers exactly, printed as they are counted. */
#include "quota/quota.h"
#include "tap.h"

static bool reads(const char *text, const char *as)
{
	quota_amount a;
	char out[48];
	if (!quota_amount_read(slice_str(text), &a))
		return as == NULL;
	quota_amount_text(a, out);
	if (!as || strcmp(out, as) != 0)
		printf("# '%s' read as %s\n", text, out);
	return as && strcmp(out, as) == 0;
}

int main(void)
{
	static const char *const good[][2] = {
		{"0", "0"},
		{"1", "1"},
		{"10", "10"},
		{"1.0", "1"},
		{"0.50", "0.5"},
		{"1e2", "100"},
		{"1E+2", "100"},
		{"1.25e1", "12.5"},
		{"100e-2", "1"},
		{"0.99", "0.99"},
		{"0.000000001", "0.000000001"},
		{"1e-9", "0.000000001"},
		{"999999999999999999.999999999", "999999999999999999.999999999"},
		{"0.1000000000000000", "0.1"},
		{"0e999999999", "0"},
		{"0.000000000000000000000000000000", "0"},
		{"1000000000000000000000e-4", "100000000000000000"},
		{"120", "120"},
	};
	static const char *const bad[] = {
		"",
		"-1",
		"-0.5",
		"-0",
		"1e18",
		"1e19",
		"1000000000000000000",
		"0.0000000001",
		"1e-10",
		"NaN",
		"Infinity",
		"1.",
		".5",
		"1e",
		"1e+",
		"1e2x",
		"1.2.3",
		"0x10",
		"1 ",
		" 1",
		"1e99999999999999999",
		"1e-99999999999999999",
		"9999999999999999999999999999999999999999",
		"\"5\"",
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		ok(reads(good[i][0], good[i][1]), "%s is %s", good[i][0], good[i][1]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(reads(bad[i], NULL), "'%s' is no amount", bad[i]);
	return tap_done();
}
