/*
 * Log lines on standard error: time, level, subject, event and fields. Values are
 * escaped as JSON strings, so that no peer can forge a line. Secrets never come here.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include "base/compiler.h"
#include <stdbool.h>

enum log_level { LOG_ERROR = 0, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);
bool log_level_of(const char *name, enum log_level *out); /* "error" "warn" "info" "debug" */
/* subject: what it is about ("server files", "call 0192…"); may be NULL. The text is
 * made from fmt and then escaped as a whole. */
void log_line(enum log_level level, const char *subject, const char *fmt, ...) PRINTF_LIKE(3, 4);

#define log_error(subject, ...) log_line(LOG_ERROR, subject, __VA_ARGS__)
#define log_warn(subject, ...) log_line(LOG_WARN, subject, __VA_ARGS__)
#define log_info(subject, ...) log_line(LOG_INFO, subject, __VA_ARGS__)
#define log_debug(subject, ...) log_line(LOG_DEBUG, subject, __VA_ARGS__)

#endif
