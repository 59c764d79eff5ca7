/* Which patterns of abuse a tool invites, by its category, labels and traits. */
#ifndef CATALOG_ATTACH_H
#define CATALOG_ATTACH_H
#include "catalog/profile.h"

/* More nobody reads on one page. */
#define ATTACHED_MAX 4

/* Sets p->attack, the best first. traits: TRAIT_BIT. */
void attacks_attach(struct profile *p, unsigned traits);

#endif
