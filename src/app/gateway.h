/* The running gate: `gatehouse up`. */
#ifndef APP_GATEWAY_H
#define APP_GATEWAY_H
#include "base/err.h"
#include "catalog/pins.h"
#include "config/config.h"

enum pins_mode gateway_pins_mode(enum config_pins mode);

struct gateway_opts {
	struct config *config; /* borrowed until gateway_run returns; the settings of the store are laid over it */
	/* Reads the file anew for a reload, or makes the defaults anew; NULL and *e: what runs stays. The
	 * reference is the gate's. */
	struct config *(*read_again)(void *ctx, struct err *e);
	/* Once, as soon as clients are answered; url is "http://127.0.0.1:8811". May be NULL. */
	void (*on_ready)(void *ctx, const char *url);
	void *ctx;
};

/*
 * Runs until SIGINT or SIGTERM and an orderly stop. False and *e when it could not start or had to
 * give up: ERR_INPUT when the configuration is to blame. Opens config->listen and the Unix
 * socket data_dir/admin.sock; SIGHUP and POST /api/v1/reload read file and store anew.
 */
bool gateway_run(const struct gateway_opts *o, struct err *e) MUST_CHECK;

#endif
