/* Feeds any bytes to the reader of what `docker inspect`, `podman inspect` and `crictl inspect` print. What is taken for such a text is read to its end,
 * or refused with a sentence. Files that a text names are not opened: it is read in a directory without any, and absolute names are left out. */
#include "shim/cli/key/inspect.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int take(const struct buf *profile, const char *name, void *arg, struct err *err)
{
	size_t *count = arg;

	(void)err;
	if (!name || (profile->len && !profile->data))
		abort();
	*count += 1;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = {0};
	struct err err = {0};
	size_t count = 0;

	/* Absolute names begin a member of these two. */
	if (memmem(data, size, "OCIConfigPath", 13) || memmem(data, size, "seccomp=/", 9))
		return 0;
	buf_add(&text, (const char *)data, size);
	if (!buf_failed(&text) && inspect_is_text(&text) && inspect_each(&text, "fuzz", take, &count, &err) < 0 && !err.msg[0])
		abort();
	buf_done(&text);
	return 0;
}
