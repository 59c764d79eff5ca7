/*
 * Tools as their servers define them: what their texts say to the model, what their parameters ask it
 * for, how they stand to the tools of other servers, and whether they changed.
 */
#ifndef SCAN_DEFINITION_H
#define SCAN_DEFINITION_H
#include "json/json.h"
#include "scan/scan.h"

/* f->start and f->length are of the string at `where`, a JSON Pointer into the row. */
struct definition_report {
	void (*on_finding)(void *ctx, const char *where, const struct scan_finding *f);
	void *ctx;
};

/*
 * row: a tool (MCP Tool), or an object with
 *   tools: array of tools, or tool: one,
 *   before, after: the same tools at two times,
 *   server, peers: whose they are, and what other servers offer: [{server, tools: […] or tool: {…}}].
 * s: of SCAN_DEFINITION.
 */
void scan_definitions(const struct scanner *s, const struct json *row, const struct definition_report *r);

#endif
