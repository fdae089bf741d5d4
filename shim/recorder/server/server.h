/* The recorder's socket: requests from wrappers and from `snug` (shim/common/client.h). Only root can connect. */
#ifndef SNUG_SHIM_RECORDER_SERVER_H
#define SNUG_SHIM_RECORDER_SERVER_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SERVER_CLIENTS_MAX 1024  /* then the one that was silent longest is dropped */
#define SERVER_HANG_MS     20000 /* an idle client is dropped after this long */
#define SERVER_VERSIONS    64    /* runtimes whose version is remembered */

struct recorder;
struct client;

struct server {
	int fd;
	bool inherited; /* the socket belongs to the service manager: it stays when we end */
	dev_t dev;      /* of our own socket */
	ino_t ino;
	struct client *clients;
	unsigned count;
	struct {
		char *runtime_id, *version;
	} versions[SERVER_VERSIONS];
	unsigned next_version;
	char *text; /* one message */
};

/* Listens at RUN_DIR/snugd.sock, or on `inherited` (taken over; -1: none), which a service manager has bound to
 * RUN_DIR/service.sock. Returns 0 or a negative errno. */
int server_open(struct server *s, const char *run_dir, int inherited, struct err *err);
/* For a service that starts while another recorder holds the lock: hangs up everybody who waits at its socket, so that
 * they connect to the other one, as soon as that listens. True: nobody waits any more. */
bool server_send_away(int inherited, const char *run_dir);
void server_close(struct server *s, const char *run_dir);

/* Call these when the listening socket, or this client's descriptor, is readable. */
void server_accept(struct recorder *r);
bool server_serve(struct recorder *r, int fd); /* false: no client has this descriptor */

/* Answers the clients whose wait is over, and drops idle ones. */
void server_step(struct recorder *r, uint64_t now_ms);
uint64_t server_deadline(const struct server *s);

#endif
