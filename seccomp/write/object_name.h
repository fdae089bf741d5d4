/* Names of Kubernetes objects that stand for a key, or for a key and something else. */
#ifndef SNUG_SECCOMP_OBJECT_NAME_H
#define SNUG_SECCOMP_OBJECT_NAME_H

#include "base/buf.h"

/* Appends a name of at most 253 bytes (a DNS subdomain, RFC 1123) for `name`. Two names never get the same one: a name
 * that is not an object's, such as the key of a pod's container, becomes readable text plus a part of its SHA-256
 * digest; so does a name that already ends like that. */
void object_name_add(const char *name, struct buf *out);

#endif
