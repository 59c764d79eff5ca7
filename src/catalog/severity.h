/*
 * How bad the worst call is: it begins with the category (read low, write medium, execute and destructive
 * high, financial critical) and moves by reach, reversibility and who sees it.
 */
#ifndef CATALOG_SEVERITY_H
#define CATALOG_SEVERITY_H
#include "catalog/meaning.h"
#include "catalog/profile.h"

enum severity severity_of(const struct profile *p, const struct meaning *m);

#endif
