/* Feeds any bytes to the reader of the configuration: what it accepts has absolute paths and modes that have a name. */
#include "shim/common/config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config c = {.path = strdup("fuzz")};
	struct err err = {0};
	enum config_mode mode;
	int r = config_apply(&c, (const char *)data, size, &err);
	if ((r < 0) != (err.code < 0) || (r < 0 && !err.msg[0]))
		abort();
	if (r == 0 && ((c.runtime && c.runtime[0] != '/') || (c.state_dir && c.state_dir[0] != '/') ||
		       (c.run_dir && c.run_dir[0] != '/')))
		abort();
	if (r == 0 && (config_mode_by_name(config_mode_name(c.mode), &mode) < 0 || mode != c.mode))
		abort();
	config_done(&c);
	return 0;
}
