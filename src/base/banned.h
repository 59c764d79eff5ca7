/*
 * Functions that this program does not use, because they lose the length of a
 * buffer, keep hidden state or depend on the locale. The build forces this file
 * in, so that a use does not compile. System headers are read first.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* With clang, _FORTIFY_SOURCE makes these two macros. */
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strcat sprintf vsprintf gets strtok atoi atol atoll gmtime localtime ctime
#pragma GCC poison asctime tmpnam mktemp strncat

#endif
