/* The frame of a program that serves in the background: its options, leaving the caller, its log and its exit status.
 */
#ifndef SNUG_SHIM_DAEMON_SERVICE_H
#define SNUG_SHIM_DAEMON_SERVICE_H

#include "base/err.h"
#include "shim/common/config.h"

#include <stdbool.h>
#include <stddef.h>

/* One such program. Functions return 0 or a negative errno unless they say otherwise; each gets `state`. */
struct service {
	const char *name;           /* the program's name, for messages and syslog */
	const char *help;           /* what --help prints */
	const char *default_config; /* --config with this path counts as none: the file may be missing. NULL: a named file must exist */

	/* Reads one of the program's own options from words[0]. Returns the number of words taken; 0: unknown option. NULL: none. */
	size_t (*take_option)(void *state, char *const words[], size_t count);
	/* Whether it can serve here; called before it detaches. NULL: anywhere. */
	int (*check)(struct err *err);
	/* Gets ready to serve. -EALREADY: another one serves already. */
	int (*open)(void *state, bool background, struct err *err);
	/* Serves until told to exit. */
	int (*run)(void *state, struct err *err);
	/* Frees what open() took, also after it has failed or was never called. */
	void (*close)(void *state);
};

/* The whole of main(): takes --background, --config FILE, --help and the program's own options. *config, a part of the
 * state, is loaded before open() is called and freed after close(). Returns the exit status: 0, 1 on failure, 2 on bad
 * usage; in the background it is a success if another one serves already. */
int service_main(const struct service *s, void *state, struct config *config, int argc, char *argv[]);

#endif
