/* docs/policy.schema.json, as it was when the program was built: JSON Schema 2020-12 for editors. */
#ifndef AUTHOR_PUBLISHED_H
#define AUTHOR_PUBLISHED_H

extern const char *const policy_schema_lines[]; /* each with its line end; NULL at the end */

#endif
