/* Feeds any bytes as a container process state, which a runtime sends with the listener's descriptor: what is taken of it lies in the document. */
#include "shim/agent/handover.h"

#include "base/json/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_json struct json_doc *doc = NULL;
	struct handover_state state = {.listener = -1};
	size_t index = SIZE_MAX;
	struct err err = {0};
	int r = handover_parse((const char *)data, size, &doc, &index, &state, &err);

	if (r < 0 && !err.msg[0])
		abort();
	if (r == 0 && (state.pid < 0 || (index != SIZE_MAX && index >= size) || (state.metadata && strlen(state.metadata) > size)))
		abort();
	return 0;
}
