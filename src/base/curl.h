/*
 * libcurl, loaded when a command or a webhook asks for it: a gate that has none to call needs
 * nothing of it, and the libraries behind it would cost every start milliseconds and megabytes.
 */
#ifndef BASE_CURL_H
#define BASE_CURL_H
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
	__typeof__(curl_slist_append) *append; /* to a list of headers */
	__typeof__(curl_slist_free_all) *free_all;
};

/* Stays loaded until the process ends. ERR_REMOTE when it is not installed. */
bool curl_load(struct curl *c, struct err *e) MUST_CHECK;

#endif
