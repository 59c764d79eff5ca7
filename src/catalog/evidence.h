/* The words behind what a profile claims beside its category: signals, labels, severity. */
#ifndef CATALOG_EVIDENCE_H
#define CATALOG_EVIDENCE_H
#include "catalog/meaning.h"
#include "catalog/points.h"
#include "catalog/profile.h"

/* Past PROFILE_EVIDENCE_MAX it is left out: what came before weighs more. */
void evidence_add(struct profile *p, const struct evidence *e);
/* The word that speaks most for this decision. */
void evidence_of_decision(struct profile *p, const struct meaning *m, enum decision d, const char *speaks_for);
/* Where the name has the concept; false: it has not. */
bool evidence_of_name(struct profile *p, const struct meaning *m, enum concept c, const char *speaks_for);
/* What labels, signals and severity rest on. */
void evidence_collect(struct profile *p, const struct meaning *m);

#endif
