/* Members that every reader of a foreign JSON text finds alike.
 *
 * Readers differ. Go's encoding/json (decode.go, fold.go) takes the last of several members, merges objects, and where
 * no name is equal folds case, U+017F to s and U+212A to k. yajl_tree_get() takes the first, and as it compares C
 * strings, "name\u0000x" is "name" to it. Who acts on a member that another program will read has to refuse what those
 * two could see differently.
 */
#ifndef SNUG_BASE_JSON_MEMBERS_H
#define SNUG_BASE_JSON_MEMBERS_H

#include "base/err.h"
#include "base/json/json.h"

#include <stddef.h>

/* Refuses (-EINVAL, name, line, path) an object in which one of the names stands twice, or a member that some reader
 * takes for one of them is spelled otherwise. The names are ASCII. obj may be NULL or no object: it has no members. */
int json_check_members(const struct json_doc *doc, const struct json *obj, const char *const names[], size_t count,
		       struct err *err);

/* The same for an object whose members' names are data, read without case folding (a Go map): refuses one that stands
 * twice, and a NUL in any name or string value. */
int json_check_map(const struct json_doc *doc, const struct json *obj, struct err *err);

/* For texts of our own: refuses (-EINVAL) what is no object, and `what` for a member that is not among the names. */
int json_want_members(const struct json_doc *doc, const struct json *obj, const char *const names[], size_t count, const char *what,
		      struct err *err);

#endif
