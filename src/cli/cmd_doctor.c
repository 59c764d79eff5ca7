/* gatehouse doctor: what is wrong on this machine, each finding with what to do */
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/doctor.h"
#include "cli/table.h"

void doctor_say(struct doctor *d, enum doctor_state state, const char *what, const char *advice,
		const char *fmt, ...)
{
	static const char *const words[] = {
		[DOCTOR_BAD] = "bad", [DOCTOR_DOUBT] = "check", [DOCTOR_GOOD] = "good"
	};
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	d->bad += state == DOCTOR_BAD;
	if (d->c->is_json) {
		buf_addf(&d->out, "%s{\"state\":\"%s\",\"what\":", d->said++ ? "," : "",
			 words[state]);
		buf_add_json_string(&d->out, slice_str(what));
		buf_adds(&d->out, ",\"text\":");
		buf_add_json_string(&d->out, slice_str(text));
		if (advice) {
			buf_adds(&d->out, ",\"advice\":");
			buf_add_json_string(&d->out, slice_str(advice));
		}
		buf_addc(&d->out, '}');
		return;
	}
	buf_addf(&d->out, "%-5s  %s: ", words[state], what);
	table_add_safe(&d->out, slice_str(text), 0);
	if (advice)
		buf_addf(&d->out, "; %s", advice);
	buf_addc(&d->out, '\n');
}

static void check_clock(struct doctor *d)
{
	char time[CLOCK_TEXT_SIZE];
	int64_t now = clock_wall_us();
	clock_text(now, time);
	/* Limits, expiry and records go by it. 2026-01-01. */
	if (now < (int64_t)1767225600 * 1000000)
		doctor_say(d, DOCTOR_BAD, "clock", "set it, or start a time service",
			   "it says %.19sZ, which is in the past", time);
	else if (doctor_clock_is_free())
		doctor_say(d, DOCTOR_DOUBT, "clock",
			   "start a time service (apt-get install systemd-timesyncd)",
			   "it says %.19sZ, and nothing keeps it right", time);
	else
		doctor_say(d, DOCTOR_GOOD, "clock", NULL, "%.19sZ, kept right by a time service",
			   time);
}

static int run(struct cli *c)
{
	struct doctor d = { .c = c, .out = BUF_INIT(16u << 20) };
	if (c->is_json)
		buf_adds(&d.out, "{\"findings\":[");
	char libraries[100];
	doctor_libraries(libraries, sizeof libraries);
	doctor_say(&d, DOCTOR_GOOD, "program", NULL, "gatehouse %s, %s", GATEHOUSE_VERSION,
		   libraries);
	check_clock(&d);
	if (doctor_check_files(&d)) {
		doctor_check_gate(&d);
		doctor_check_servers(&d);
	}
	doctor_release(&d);
	if (c->is_json)
		buf_addf(&d.out, "],\"bad\":%d}\n", d.bad);
	int code = cli_print(&d.out);
	return code == CLI_OK && d.bad ? CLI_FAILED : code;
}

const struct cli_command cmd_doctor = {
	.name = "doctor",
	.usage = "",
	.summary = "look for what is wrong: files, database, address, servers, clock",
	.details =
		"Each finding is one line: good, check or bad, and what to do. The exit code is 1 when anything is bad.",
	.example = "gatehouse doctor\n",
	.run = run,
};
