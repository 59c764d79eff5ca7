/* The tables of patterns, for attacks.c and the four files they stand in. */
#ifndef CATALOG_ATTACKS_INSIDE_H
#define CATALOG_ATTACKS_INSIDE_H
#include "catalog/attacks.h"
#include "catalog/profile.h"
#include "catalog/traits.h"

enum {
	R = 1 << CATEGORY_READ,
	W = 1 << CATEGORY_WRITE,
	X = 1 << CATEGORY_EXECUTE,
	D = 1 << CATEGORY_DESTRUCTIVE,
	F = 1 << CATEGORY_FINANCIAL,
	EVERY = R | W | X | D | F,
};
#define SOURCES(...) ((const struct attack_source[]){ __VA_ARGS__, { NULL, NULL, NULL } })
#define WORDS(...)   ((const char *const[]){ __VA_ARGS__, NULL })
#define NOTHING	     ((const char *const[]){ NULL })

extern const struct attack_pattern attacks_definitions[], attacks_gateway[], attacks_input[], attacks_effect[];
extern const size_t attacks_definitions_n, attacks_gateway_n, attacks_input_n, attacks_effect_n;

#endif
