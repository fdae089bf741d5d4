/* The socket that the section's listenerPath names: a runtime connects, sends one container process state (runtime-spec, config-linux.md, "The Container Process
 * State") with the listener's descriptor, and goes. */
#ifndef SNUG_SHIM_AGENT_INTAKE_H
#define SNUG_SHIM_AGENT_INTAKE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define INTAKE_FDS_MAX     8        /* descriptors in one message */
#define INTAKE_STATE_MAX   (1u << 20) /* bytes of a state */
#define INTAKE_PENDING_MAX 256      /* connections that have not said all */

struct intake_connection {
	struct intake_connection *next;
	int fd;
	struct buf text;
	int fds[INTAKE_FDS_MAX];
	size_t fd_count;
	bool cut; /* descriptors came that could not be taken: there was no room for them */
};

struct intake {
	int fd; /* listens */
	char *path; /* owned */
	struct intake_connection *pending;
	unsigned count;
};

/* What a connection brought: taken over by whoever is told. */
struct intake_state {
	int listener;    /* -1: none came */
	pid_t pid;       /* of the container's process; 0: not said */
	const char *metadata; /* NULL: not said */
	bool cut;
};

int intake_open(struct intake *in, const char *run_dir, struct err *err);
void intake_close(struct intake *in);

/* Takes one connection. *ret_fd: to be watched; -1: nobody came, or not one who may. */
int intake_accept(struct intake *in, int *ret_fd, struct err *err);

typedef void intake_fn(void *arg, const struct intake_state *s);

/* The connection of this descriptor is readable: reads what is there, calls fn once it is whole, and then lets it go. False: there is no such connection. */
bool intake_read(struct intake *in, int fd, intake_fn *fn, void *arg);

/* Reads a state's text. *ret_index: which of the descriptors is the listener; SIZE_MAX: none is. Strings point into *ret_doc. Pure. */
struct json_doc;
int intake_parse(const char *text, size_t len, struct json_doc **ret_doc, size_t *ret_index, struct intake_state *ret, struct err *err);

#endif
