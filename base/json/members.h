/* Members that every reader of a foreign JSON text finds in the same place.
 *
 * Readers differ. Go's encoding/json (decode.go, fold.go) takes the last of several members, merges objects, and if no
 * name is equal, folds case, U+017F to s and U+212A to k. yajl_tree_get() takes the first, and since it compares C
 * strings, it reads "name\u0000x" as "name". Whoever acts on a member that another program will read must refuse what
 * the two could read differently.
 */
#ifndef SNUG_BASE_JSON_MEMBERS_H
#define SNUG_BASE_JSON_MEMBERS_H

#include "base/err.h"
#include "base/json/json.h"

#include <stddef.h>

/* -EINVAL, with input, line and path, if a member of one of these names appears twice, or a member is spelled differently
 * but some reader takes it for one of them. The names are ASCII. An obj that is NULL or not an object has no members. */
int json_check_members(const struct json_doc *doc, const struct json *obj, const char *const names[], size_t count,
		       struct err *err);

/* The same for an object whose member names are data, which no reader folds (a Go map): -EINVAL if a name appears twice, or
 * a name or a string value contains a NUL. */
int json_check_map(const struct json_doc *doc, const struct json *obj, struct err *err);

/* For our own texts: -EINVAL if obj is not an object or has a member that is not one of the names; `what` is the message
 * then. */
int json_want_members(const struct json_doc *doc, const struct json *obj, const char *const names[], size_t count, const char *what,
		      struct err *err);

#endif
