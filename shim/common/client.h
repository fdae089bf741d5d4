/* Talking to snugd, or to snug-agent (shim/agent/agent_requests.h): one SOCK_SEQPACKET connection at
 * RUN_DIR/snugd.sock, else RUN_DIR/service.sock (a service manager's, which starts snugd), or agent.sock, one JSON
 * object a message, at most CLIENT_MESSAGE_MAX bytes.
 *
 *   {"op":"register", "command":"create"|"run"|"exec", "mode":"learn"|"audit"|"enforce", "space":"keys"|"floor",
 * "session":N, "id":..., "root":..., "key":..., "runtime":PATH, "runtime_id":..., "go":bool, "baseline":...,
 * "shape":{...}, "attribution":"cgroup"}                         in place of "session": this process has no session of
 * its own
 *        -> {"ok":true,"recorded":bool}: the recorder listens and has booked the session (recorded false: an exec
 *           into a container that is not being recorded). The sender's pid (SO_PEERCRED) is the process that becomes
 * the runtime. Optional members: "quiet", the object of an offer with the forms that were applied; "caller_allows" or
 * "caller_denies", the names that the caller's own profile allows, or refuses, where learning opens more.
 *        snug-agent takes neither session nor space; a canary has the command "canary", and "exec_key": each exec into
 * it is a run of that key.
 *   {"op":"offer","key":...,"hot":true|[NAME...],"experiments":bool} -> {"ok":true,"since":MS,"quiet":{...}}: when the
 * key's first learning run began (0: none has), and what a new one may have unlogged
 * (seccomp/evidence/unlogged_proof.h)
 *   {"op":"version","runtime_id":...}                  -> {"ok":true,"want_version":bool}
 *   {"op":"version","runtime_id":...,"version":...}   -> {"ok":true}
 *   {"op":"health"}       -> {"ok":true}: recording works here and does no harm; if not, the error says why
 *   {"op":"status"}       -> {"ok":true,"healthy":0|1,"runs":N,"counter":0|1,"counted":N}: snugd's live runs, and whether
 * and for how many of them the kernel counts calls
 *   {"op":"whose","session":N} -> {"ok":true} and, of a session that is booked, "key" and "container"
 *   {"op":"deleted","root":...,"id":...}              no answer: checks whether the container has ended
 *   {"op":"sync"}         -> {"ok":true}: all that the kernel had logged before is in the evidence files
 *   {"op":"settle","key":...,"space":...}  -> {"ok":true}: as sync, and every run of the key whose processes have all
 * gone is ended any failure           -> {"ok":false,"error":SENTENCE}
 */
#ifndef SNUG_SHIM_CLIENT_H
#define SNUG_SHIM_CLIENT_H

#include "base/buf.h"
#include "base/err.h"
#include "shim/common/config.h"

#include <stdbool.h>

#define CLIENT_MESSAGE_MAX 65536 /* bytes */
#define CLIENT_TIMEOUT_MS  10000
#define CLIENT_SERVICE_MS     90000 /* what systemd gives a service to start, by default */
#define CLIENT_AGENT_SOCKET "agent.sock"
#define CLIENT_SERVICE_SOCKET "service.sock"

enum client_server { CLIENT_SNUGD, CLIENT_AGENT };

/* Connects. Returns the descriptor; -ENOENT or -ECONNREFUSED if the server is not running. */
int client_connect(enum client_server server, const char *run_dir, struct err *err);

/* Connects to a recorder that a wrapper started. */
int client_connect_started(const char *run_dir);

/* Connects; if no server runs, starts one (from this program's own directory) and waits until it listens. If it cannot start,
 * *err has its message. */
int client_connect_or_start(enum client_server server, const struct config *config, struct err *err);

/* The same two for callers who would rather go on without the recorder than wait: each takes at most about timeout_ms. */
int client_connect_or_start_within(enum client_server server, const struct config *config, unsigned timeout_ms, struct err *err);
int client_request_within(int fd, const struct buf *request, unsigned timeout_ms, struct buf *ret_answer, struct err *err);

/* client_connect_or_start() and client_request() in one; retries if a server that was about to exit took the connection. */
int client_ask(enum client_server server, const struct config *config, const struct buf *request, struct buf *ret_answer, struct err *err);

/* The same over *fd, the caller's connection, which is left open for the next question; -1: none yet. After a failure
 * it is closed, and *fd is -1, except after -EINPROGRESS. */
int client_ask_over(enum client_server server, const struct config *config, int *fd, const struct buf *request, struct buf *ret_answer,
		    struct err *err);

/* Sends one request and waits for its answer, whose text goes to *ret_answer unless that is NULL. Returns 0 if the
 * answer is ok, -ETIMEDOUT, -EINPROGRESS if a service manager holds the socket for a recorder that has not read the
 * request yet, or -EREMOTEIO with the server's message. */
int client_request(int fd, const struct buf *request, struct buf *ret_answer, struct err *err);

/* After -EINPROGRESS: goes on waiting, up to service_ms for the service, then as long as client_request(). -ECONNRESET:
 * the service manager gave up, or another recorder serves: connect again. */
int client_wait_for_service(int fd, unsigned service_ms, struct buf *ret_answer, struct err *err);

/* Sends a request without waiting; failures are not reported. */
void client_notify(enum client_server server, const char *run_dir, const struct buf *request);

/* To be called before evidence is read: asks snugd and snug-agent, if they run, to save everything up to now. If one of them is
 * gone and left notes of live containers, it is started again to find out what happened to them; else it is a success if none
 * runs. */
int client_sync(const struct config *config, struct err *err);

#endif
