/* Pins as JSON, for programs. */
#include "base/clock.h"
#include "base/digest.h"
#include "store/pins.h"

static void add_pin(struct buf *b, const char *before, const unsigned char pin[STORE_PIN_SIZE])
{
	char hex[2 * STORE_PIN_SIZE + 1];
	digest_hex(pin, STORE_PIN_SIZE, hex);
	buf_addf(b, "%s\"%s\"", before, hex);
}

static void add_time(struct buf *b, const char *before, int64_t us)
{
	char time[CLOCK_TEXT_SIZE];
	clock_text(us, time);
	buf_addf(b, "%s\"%s\"", before, time);
}

void store_pin_write_json(struct buf *b, const struct store_pin *p)
{
	buf_adds(b, "{\"server\":");
	buf_add_json_string(b, slice_str(p->server));
	buf_adds(b, ",\"tool\":");
	buf_add_json_string(b, slice_str(p->tool));
	buf_addf(b, ",\"state\":\"%s\"", !p->waiting.p ? "reviewed" : p->is_rejected ? "rejected" : p->definition.p ? "changed" : "new");
	if (p->definition.p) {
		add_pin(b, ",\"reviewed\":{\"pin\":", p->pin);
		add_time(b, ",\"at\":", p->reviewed_us);
		buf_adds(b, ",\"by\":");
		buf_add_json_string(b, slice_str(p->reviewed_by));
		buf_adds(b, ",\"definition\":");
		buf_add_slice(b, p->definition);
		buf_addc(b, '}');
	}
	if (p->waiting.p) {
		add_pin(b, ",\"waiting\":{\"pin\":", p->waiting_pin);
		add_time(b, ",\"since\":", p->waiting_us);
		if (p->is_rejected) {
			buf_adds(b, ",\"rejected_by\":");
			buf_add_json_string(b, slice_str(p->rejected_by));
		}
		buf_adds(b, ",\"definition\":");
		buf_add_slice(b, p->waiting);
		buf_addf(b, ",\"findings\":%s}", p->findings);
	}
	buf_addc(b, '}');
}
