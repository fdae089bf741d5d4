/* The socket that the section's listenerPath names: a runtime connects, sends one container process state
 * (runtime-spec, config-linux.md, "The Container Process State") with the listener's descriptor, and goes. */
#ifndef SNUG_SHIM_AGENT_HANDOVER_H
#define SNUG_SHIM_AGENT_HANDOVER_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define HANDOVER_FDS_MAX     8          /* descriptors in one message */
#define HANDOVER_STATE_MAX   (1u << 20) /* bytes of a state */
#define HANDOVER_PENDING_MAX 256        /* connections that have not said all */

struct handover_connection {
	struct handover_connection *next;
	int fd;
	struct buf text;
	int fds[HANDOVER_FDS_MAX];
	size_t fd_count;
	bool cut; /* descriptors came that could not be taken: there was no room for them */
};

struct handover {
	int fd;     /* listens */
	char *path; /* owned */
	struct handover_connection *pending;
	unsigned count;
};

/* What a connection brought: taken over by whoever is told. */
struct handover_state {
	int listener;         /* -1: none came */
	pid_t pid;            /* of the container's process; 0: not said */
	const char *metadata; /* NULL: not said */
	bool cut;
};

int handover_open(struct handover *in, const char *run_dir, struct err *err);
void handover_close(struct handover *in);

/* Takes one connection. *ret_fd: to be watched; -1: nobody came, or not one who may. */
int handover_accept(struct handover *in, int *ret_fd, struct err *err);

typedef void handover_fn(void *arg, const struct handover_state *s);

/* The connection of this descriptor is readable: reads what is there, calls fn once it is whole, and then lets it go.
 * False: there is no such connection. */
bool handover_read(struct handover *in, int fd, handover_fn *fn, void *arg);

/* Reads a state's text. *ret_index: which of the descriptors is the listener; SIZE_MAX: none is. Strings point into
 * *ret_doc. Pure. */
struct json_doc;
int handover_parse(const char *text, size_t len, struct json_doc **ret_doc, size_t *ret_index,
		   struct handover_state *ret, struct err *err);

#endif
