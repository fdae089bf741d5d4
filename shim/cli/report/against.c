#include "shim/cli/report/against.h"

#include "base/text.h"
#include "seccomp/policy/read.h"
#include "shim/cli/common/word.h"
#include "shim/cli/key/operand.h"
#include "shim/cli/key/profiles.h"

#include <errno.h>
#include <string.h>

/* For a key with evidence, whose approved profile may have none. */
static int add_evidence(const struct cli *cli, const char *word, struct against *a, struct err *err)
{
	cleanup_evidence struct evidence *ev = NULL;
	int r = word_load_evidence(cli, word, &ev, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	evidence_evaluate(ev, &a->verdict);
	confidence_evaluate(ev, cli->config.learn_for_ms, &a->confidence);
	a->has_evidence = true;
	return 0;
}

int against_make(struct cli *cli, const struct report *r, const char *word, struct against *ret, struct err *err)
{
	cleanup_policy struct policy *own = NULL, *other = NULL;
	cleanup_buf struct buf text = {0};
	enum operand_kind kind = OPERAND_KEY;
	int rc = operand_kind(cli, word, &kind, err);

	if (rc == 0)
		rc = operand_read(cli, word, OPERAND_PROFILE, EVIDENCE_SIZE_MAX, &text, &ret->what, err);
	if (rc < 0)
		return rc;
	buf_adds(&ret->what, "");
	text_add_safe(&ret->name, word, strlen(word));
	if (buf_failed(&text) || buf_failed(&ret->what) || buf_failed(&ret->name))
		return err_set(err, ENOMEM, "out of memory");
	rc = profiles_read_one(&text, text_streq(word, "-") ? "standard input" : word, word_is_file(word) ? word : NULL,
			       &other, err);
	if (rc == 0)
		rc = profile_to_policy(r->build->profile, r->key, &own, err);
	if (rc == 0)
		rc = diff_policies(own, other, &ret->diff, err);
	if (rc == 0 && kind == OPERAND_KEY)
		rc = add_evidence(cli, word, ret, err);
	return rc;
}

void against_done(struct against *a)
{
	if (!a)
		return;
	buf_done(&a->name);
	buf_done(&a->what);
	diff_done(&a->diff);
}
