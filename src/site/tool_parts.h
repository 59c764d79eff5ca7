/* The sections of a tool's page; each appends to s->b. */
#ifndef SITE_TOOL_PARTS_H
#define SITE_TOOL_PARTS_H
#include "site/inside.h"

void tool_name(struct site *s, const struct tool_facts *f);
/* Opens a section; between before and after stands the name, unless after is NULL. */
void tool_heading(struct site *s, const struct tool_facts *f, const char *id, const char *before, const char *after);

void tool_control(struct site *s, const struct tool_facts *f);	  /* control.c */
void tool_attacks(struct site *s, const struct tool_facts *f);	  /* tool_attacks.c */
void tool_arguments(struct site *s, const struct tool_facts *f);  /* arguments.c */
void tool_branches(struct site *s, const struct tool_facts *f);
void tool_claims(struct site *s, const struct tool_facts *f);
void tool_related(struct site *s, const struct tool_facts *f);	  /* related.c */
void tool_questions(struct site *s, const struct tool_facts *f);  /* questions.c */
void tool_provenance(struct site *s, const struct tool_facts *f); /* related.c */

/* What the recommended rule does, in sentences. */
void rule_sentences(struct buf *b, const struct profile *p);
/* A name for commands, made of the server's: letters, digits, "-" and "_". */
#define COMMAND_NAME_SIZE 48
void command_name(const struct server_row *r, char out[COMMAND_NAME_SIZE]);
/* The lines that put the server behind a gate and the policy in force; file: of the policy. */
void add_commands(struct site *s, const struct server_row *r, const char *file);
/* A link to the reader's own gate, when one was named. tool may be empty. */
void add_gate_link(struct site *s, const struct server_row *r, struct slice tool, const char *text);

#endif
