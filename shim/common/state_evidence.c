/* Apart from state.c because evidence needs libseccomp's names, and the wrapper does without them. */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "shim/common/state.h"

#include <errno.h>

int state_load_evidence(const char *state_dir, enum state_space space, const char *key, struct evidence **ret,
			struct err *err)
{
	cleanup_buf struct buf text = {0};
	cleanup_buf struct buf path = {0};
	cleanup_evidence struct evidence *ev = NULL;
	int r = state_read_file(state_dir, space, key, STATE_EVIDENCE, EVIDENCE_SIZE_MAX, &text, &path, err);

	if (r < 0)
		return r;
	r = evidence_parse(text.data ? text.data : "", text.len, path.data, &ev, err);
	if (r < 0)
		return r;
	if (!text_streq(evidence_key(ev), key))
		return err_set(err, EINVAL, "%s: this is the evidence of another key, %s", path.data, evidence_key(ev));
	*ret = steal_ptr(&ev);
	return 0;
}

int state_save_evidence(const char *state_dir, enum state_space space, const struct evidence *ev, struct err *err)
{
	cleanup_buf struct buf text = {0};
	int r = evidence_write(ev, &text, err);

	if (r < 0)
		return r;
	cleanup_fd int dir = state_open_key(state_dir, space, evidence_key(ev), true, err);

	if (dir < 0)
		return dir;
	r = file_save_at(dir, STATE_EVIDENCE, text.data, text.len, 0600, err);
	if (r < 0)
		err_wrap(err, "%s/%s/%s", state_dir, state_space_name(space), evidence_key(ev));
	return r;
}
