/* Feeds any bytes to the readers of the CRI's two messages. The first byte chooses the message. */
#include "shim/cli/setup/cri.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cri_answer answer = {0};
	struct err err = {0};
	char *message;
	int r;

	if (size < 1)
		return 0;
	/* A copy of its own size: one byte read behind it is an error. */
	message = malloc(size);
	if (!message)
		return 0;
	memcpy(message, data + 1, size - 1);
	r = data[0] & 1 ? cri_read_status(message, size - 1, &answer, &err) : cri_read_version(message, size - 1, &answer, &err);
	if (r < 0 && !err.msg[0])
		abort();
	for (size_t i = 0; i < answer.handlers.count; i++)
		if (!answer.handlers.v[i])
			abort();
	cri_answer_done(&answer);
	free(message);
	return 0;
}
