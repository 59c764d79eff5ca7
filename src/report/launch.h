/* How a server is started or reached, as its configuration says it: is it the same one tomorrow, and can
 * somebody on the way change it? */
#ifndef REPORT_LAUNCH_H
#define REPORT_LAUNCH_H
#include "base/slice.h"

/*
 * True when the command fetches a package or an image and does not say which version: npx, bunx, pnpm
 * dlx, yarn dlx, npm exec, uvx, uv tool run, pipx run, deno run, docker and podman run, also behind env and
 * cmd /c. *at: the argument that names it; *what: the name as it stands there. A range, a tag such as
 * `latest` and a branch are no version; an image's tag other than `latest` counts as one.
 */
bool launch_is_unpinned(const char *const *argv, size_t n, size_t *at, struct slice *what);

/* http:// to anywhere but this machine. */
bool launch_is_plain(struct slice url);

#endif
