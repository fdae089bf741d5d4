#include "shim/cli/setup/job.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "shim/cli/setup/cri.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const HANDLERS[] = {"snug-learn", "snug-audit", "snug-enforce"};

/* True if the socket is older than the file: an engine makes its socket and reads its configuration when it starts. False if one
 * of them is missing. */
static bool is_older(const char *socket, const char *file)
{
	struct stat s, f;

	if (stat(socket, &s) < 0 || stat(file, &f) < 0)
		return false;
	return s.st_mtim.tv_sec != f.st_mtim.tv_sec ? s.st_mtim.tv_sec < f.st_mtim.tv_sec : s.st_mtim.tv_nsec < f.st_mtim.tv_nsec;
}

static bool tell_missing(const struct cri_answer *a, struct buf *out)
{
	size_t missing = 0;

	for (size_t i = 0; a->lists && i < ARRAY_SIZE(HANDLERS); i++) {
		if (names_have(&a->handlers, HANDLERS[i]))
			continue;
		buf_addf(out, "%s%s", missing++ ? ", " : "", HANDLERS[i]);
	}
	return missing;
}

int setup_job_check(struct cli *cli, const struct setup_job *j, const char *socket, struct err *err)
{
	cleanup_with(cri_answer_done) struct cri_answer a = {0};
	cleanup_buf struct buf missing = {0};
	struct err why = {0};
	bool holds = false;
	int r = setup_job_holds(j, &holds, err);

	if (r < 0)
		return r;
	socket = socket ? socket : j->caller->socket;
	if (!holds)
		buf_addf(&cli->out, "%s: lacks the handlers that --write adds\n", j->file);
	else if (cri_ask(socket, &a, &why) < 0)
		buf_addf(&cli->out, "cannot ask the engine: %s\n", why.msg);
	else if (!text_starts(a.engine.data, j->caller->engine))
		buf_addf(&cli->out, "%s: expected %s, found %s\n", socket, j->caller->engine, a.engine.data);
	else if (is_older(socket, j->file))
		buf_addf(&cli->out, "%s started before %s was changed: %s\n", a.engine.data, j->file, j->caller->use);
	else if (tell_missing(&a, &missing))
		buf_addf(&cli->out, "%s does not know %s: %s, then read its log\n", a.engine.data, missing.data, j->caller->use);
	else {
		buf_addf(&cli->out, a.lists ? "%s knows snug-learn, snug-audit and snug-enforce\n"
					    : "%s has read snug-learn, snug-audit and snug-enforce; it does not say which handlers it has\n",
			 a.engine.data);
		return CLI_GOOD;
	}
	return CLI_FOUND;
}
