/* Takes approved profiles from the API's answer to this node. The answer is the cluster's text, which may be anybody's:
 * each object must have the name and namespace of its key, and its profile the digest that it names, before anything is
 * written. */
#ifndef SNUG_SHIM_CLI_CLUSTER_TAKE_H
#define SNUG_SHIM_CLI_CLUSTER_TAKE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json/json.h"

/* One ApprovedProfile; strings belong to the document. */
struct take_item {
	const char *key;
	struct buf profile; /* owned */
};

/* Reads and verifies one ApprovedProfile. -EINVAL, -ESTALE (another digest): a sentence that names it in safe text. */
int take_read(const struct json_doc *doc, const struct json *object, struct take_item *ret, struct err *err);
void take_item_done(struct take_item *item);

/* Where to put them. */
struct take_to {
	const char *state_dir;
	const char *export_dir; /* NULL: nowhere */
	struct buf *out; /* a line for each object: "have KEY", and "approved KEY NUMBER DIGEST" if it is new here; last
			    "continue TOKEN" if the answer says that there is more */
};

/* Takes each object of the text: an ApprovedProfile or a list of them. Objects that are refused, or cannot be saved,
 * are named on standard error and counted in *ret_refused; the others are taken all the same. -EINVAL: the text is
 * neither. */
int take_text(const struct take_to *to, const struct buf *text, size_t *ret_refused, struct err *err);

#endif
