/* The frame of a program that serves in the background: its options, leaving the caller, its log and its exit status.
 */
#ifndef SNUG_SHIM_DAEMON_SERVICE_H
#define SNUG_SHIM_DAEMON_SERVICE_H

#include "base/err.h"
#include "shim/common/config.h"

#include <stdbool.h>
#include <stddef.h>

/* What makes one such program. Functions return 0 or a negative errno unless they say otherwise; `state` is handed to
 * each. */
struct service {
	const char *name;           /* the program's, for messages and syslog */
	const char *help;           /* what --help prints */
	const char *default_config; /* a --config of this path is as none: that file may be missing. NULL: any named
				       file must be there */

	/* Reads an option of the program's own from words[0]; returns how many words it took, 0 if it knows no such
	 * option. NULL: there are none. */
	size_t (*take_option)(void *state, char *const words[], size_t count);
	/* Whether it can serve here, asked before the caller is left. NULL: anywhere. */
	int (*check)(struct err *err);
	/* Makes ready. -EALREADY: another one serves already. */
	int (*open)(void *state, bool background, struct err *err);
	/* Serves until it is told to end. */
	int (*run)(void *state, struct err *err);
	/* Frees what open() took, also after it has failed or was never called. */
	void (*close)(void *state);
};

/* The whole of main(): takes --background, --config FILE, --help and the program's own options. *config, a part of the
 * state, is loaded before open() is called and freed after close(). Returns the exit status: 0, 1 on failure, 2 on bad
 * usage; in the background it is a success if another one serves already. */
int service_main(const struct service *s, void *state, struct config *config, int argc, char *argv[]);

#endif
