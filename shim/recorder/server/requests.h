/* The requests of clients, and their answers (shim/common/client.h has the words). */
#ifndef SNUG_SHIM_RECORDER_REQUESTS_H
#define SNUG_SHIM_RECORDER_REQUESTS_H

#include "base/json/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct recorder;

struct client {
	struct client *next;
	int fd;
	pid_t pid;
	uint64_t pid_start; /* clock ticks since boot: the pid may be reused */
	uint64_t heard_ms;
	enum { IDLE, WAIT_REGISTER, WAIT_HEALTH, WAIT_SYNC, WAIT_OFFER } waiting;
	uint64_t checkpoint;       /* that it waits for */
	bool marked;               /* the checkpoint has passed; now it waits for the store to reach `mark` */
	uint64_t mark;
	struct json_doc *request;  /* a waiting registration or offer, and a registration's text; owned */
	char *text;
	bool gone;
};

/* Answers the request, or makes the client wait. *doc contains op; may take it over and set *doc to NULL. */
void requests_take(struct recorder *r, struct client *c, const char *op, struct json_doc **doc);

/* Answers a waiting client if what it waits for has come. */
void requests_step(struct recorder *r, struct client *c, uint64_t now_ms);

#endif
