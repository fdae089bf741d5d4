/* Requests and answers as defined in shim/common/client.h: one JSON object in one SOCK_SEQPACKET message. Nothing
 * here blocks. */
#ifndef SNUG_SHIM_DAEMON_MESSAGE_H
#define SNUG_SHIM_DAEMON_MESSAGE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json/json.h"

#include <stdbool.h>

/* Reads one request into text, which has room for CLIENT_MESSAGE_MAX + 1 bytes and gets a NUL behind the last. *ret_doc
 * (json_free) is the request, *ret_op its member "op", which belongs to it. -EAGAIN: there is none yet. -ECONNRESET:
 * the client hung up, or sent more than fits. Any other error is the client's mistake, with the sentence that it is to
 * be told. */
int message_receive(int fd, char *text, struct json_doc **ret_doc, const char **ret_op, struct err *err);

/* Each sends one answer. False if that failed: the caller should drop the client. */
bool message_answer(int fd, const struct buf *text);
bool message_ok(int fd);                                 /* {"ok":true} */
bool message_flag(int fd, const char *name, bool value); /* {"ok":true,NAME:VALUE} */
bool message_refuse(int fd, const char *sentence);       /* {"ok":false,"error":SENTENCE} */

#endif
