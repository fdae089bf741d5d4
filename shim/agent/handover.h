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
#define HANDOVER_PENDING_MAX 256        /* connections whose state is not complete yet */

struct handover_connection {
	struct handover_connection *next;
	int fd;
	struct buf text;
	int fds[HANDOVER_FDS_MAX];
	size_t fd_count;
	bool cut; /* descriptors were lost for lack of room */
};

struct handover {
	int fd;     /* listens */
	char *path; /* owned */
	struct handover_connection *pending;
	unsigned count;
};

/* What a connection brought; the callback owns the descriptor. */
struct handover_state {
	int listener;         /* -1: none came */
	pid_t pid;            /* of the container's process, or the exec's; 0: unknown */
	pid_t init;           /* of the container's first process; another one than pid for an exec only; 0: unknown */
	bool joins;           /* the container was there before: an exec's. An exec can come before the container's own filter */
	const char *metadata; /* NULL: none */
	bool cut;
};

int handover_open(struct handover *in, const char *run_dir, struct err *err);
void handover_close(struct handover *in);

/* Accepts one connection. *ret_fd must be watched; -1: nobody came, or a peer without permission. */
int handover_accept(struct handover *in, int *ret_fd, struct err *err);

typedef void handover_fn(void *arg, const struct handover_state *s);

/* The descriptor is readable: reads from its connection, and once the state is complete, calls fn and closes the connection.
 * False: no connection has this descriptor. */
bool handover_read(struct handover *in, int fd, handover_fn *fn, void *arg);

/* Parses a state. *ret_index: which of the descriptors is the listener; SIZE_MAX: none. Strings point into *ret_doc, which the
 * caller frees. Pure. */
struct json_doc;
int handover_parse(const char *text, size_t len, struct json_doc **ret_doc, size_t *ret_index,
		   struct handover_state *ret, struct err *err);

#endif
