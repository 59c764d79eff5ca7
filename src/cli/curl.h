/*
 * libcurl, loaded when a command asks for it: a gate that runs needs none of it, and the
 * libraries behind it would cost every start milliseconds and megabytes.
 */
#ifndef CLI_CURL_H
#define CLI_CURL_H
#include "base/err.h"
#include <curl/curl.h>

struct curl {
	__typeof__(curl_easy_init) *init;
	__typeof__(curl_easy_setopt) *set;
	__typeof__(curl_easy_perform) *perform;
	__typeof__(curl_easy_getinfo) *get;
	__typeof__(curl_easy_strerror) *error_text;
	__typeof__(curl_easy_cleanup) *cleanup;
	__typeof__(curl_version) *version;
};

/* Stays loaded until the process ends. ERR_REMOTE when it is not installed. */
bool curl_load(struct curl *c, struct err *e) MUST_CHECK;

#endif
