/* The Prometheus text format (https://prometheus.io/docs/instrumenting/exposition_formats/). All samples of a family
 * stand together, so each family has a buffer of its own until the end. */
#ifndef SNUG_SHIM_CLI_METRICS_EXPOSITION_H
#define SNUG_SHIM_CLI_METRICS_EXPOSITION_H

#include "base/buf.h"
#include "base/cleanup.h"

#include <stddef.h>
#include <stdint.h>

#define EXPOSITION_LABELS_MAX 4

enum exposition_type { EXPOSITION_GAUGE, EXPOSITION_COUNTER };

struct exposition_family {
	const char *name; /* of a counter, with _total */
	enum exposition_type type;
	const char *help;
};

/* The families of a page, in their order; both arrays have `count` entries and are the caller's. */
struct exposition {
	const struct exposition_family *families;
	struct buf *samples;
	size_t count;
};

/* A label; of an array of them, the first without a name ends it. */
struct exposition_label {
	const char *name, *value;
};

/* Adds one sample of the i-th family. Values are escaped; a byte that is not ASCII becomes '?'. labels: at most
 * EXPOSITION_LABELS_MAX; NULL: none. */
void exposition_add(struct exposition *x, size_t i, const struct exposition_label *labels, uint64_t value);

/* The same for a time, given in ms since the epoch: seconds with a fraction. */
void exposition_add_time(struct exposition *x, size_t i, const struct exposition_label *labels, uint64_t ms);

/* Appends the page: HELP, TYPE and the samples of each family that has any. If a sample could not be kept, `out` fails.
 */
void exposition_write(const struct exposition *x, struct buf *out);

void exposition_done(struct exposition *x);
#define cleanup_exposition cleanup_with(exposition_done)

#endif
