/* The table of the API, and its handlers: one a line. */
#ifndef ADMIN_ROUTES_H
#define ADMIN_ROUTES_H
#include "admin/api.h"

extern const struct api_route api_routes[];
extern const size_t api_route_count;

void reload_begin(struct api_call *c);
void job_get(struct api_call *c);
void job_delete(struct api_call *c);

#endif
