/*
 * A tool's identity as it was reviewed: SHA-256 over the canonical form (RFC 8785) of name, title,
 * description, inputSchema, outputSchema and annotations. Order of members and spacing are no change.
 */
#ifndef CATALOG_PIN_H
#define CATALOG_PIN_H
#include "json/json.h"

#define PIN_SIZE 32

void pin_of(const struct json *definition, unsigned char out[PIN_SIZE]);
#endif
