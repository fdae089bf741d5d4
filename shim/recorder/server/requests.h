/* What clients ask of the recorder, and what they are answered (shim/common/client.h has the words). */
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
	uint64_t pid_start; /* clock ticks since boot: that number may come to mean another process */
	uint64_t heard_ms;
	enum { IDLE, WAIT_REGISTER, WAIT_HEALTH, WAIT_SYNC, WAIT_OFFER } waiting;
	uint64_t checkpoint;       /* that it waits for */
	bool marked;               /* that has passed, and this is what it waits for in the store: */
	uint64_t mark;
	struct json_doc *request;  /* of a waiting registration, and its text; owned */
	char *text;
	bool gone;
};

/* Answers the request, or makes the client wait; *doc, which holds op, may be taken over then. */
void requests_take(struct recorder *r, struct client *c, const char *op, struct json_doc **doc);

/* Answers a client that waits, if what it waits for has come. */
void requests_step(struct recorder *r, struct client *c, uint64_t now_ms);

#endif
