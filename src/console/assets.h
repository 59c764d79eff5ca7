/* Inside console/: the table that console/build.mjs writes when the program is built. */
#ifndef CONSOLE_ASSETS_H
#define CONSOLE_ASSETS_H
#include "console/console.h"

extern const struct console_asset console_assets[]; /* sorted by path */
extern const size_t console_asset_n;

#endif
