/* The runtimes' error messages: all there is if there are no records. */
#include "shim/cli/explain/explain.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct arch *native(void)
{
	const struct arch *host[4];

	return arch_host(host) ? host[0] : NULL;
}

/* If this machine does not have the call, no profile can refuse it here. */
static int add_word(struct explain *x, const struct sentence *s, const char *name, bool certain, struct err *err)
{
	struct explain_word *w = &x->words[x->word_count];
	const struct arch *arch = native();
	uint32_t nr = 0;
	int r = 0;

	*w = (struct explain_word){.sentence = s, .certain = certain, .verdict = EVALUATE_DENIES};
	memcpy(w->name, name, sizeof(w->name));
	if (x->evaluator && (!arch || syscall_number(arch, name, &nr) < 0))
		return 0;
	if (x->evaluator)
		r = evaluate_call(x->evaluator, arch, nr, &w->verdict, err);
	x->word_count += r == 0;
	return r;
}

int explain_read_words(struct explain *x, struct err *err)
{
	const struct sentence *all = NULL;
	size_t n = sentence_all(&all);
	int r = 0;

	x->words = calloc(n * EXPLAIN_CALLS_MAX, sizeof(*x->words));
	if (!x->words)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct summary_sentence *seen = &x->summary.sentences[i];
		char name[SYSCALL_NAME_MAX] = "";

		for (size_t k = 0; r == 0 && seen->count && k < EXPLAIN_CALLS_MAX && sentence_call(&all[i], k, name, sizeof(name)); k++)
			r = add_word(x, &all[i], name, all[i].certain || seen->enosys, err);
	}
	return r;
}

bool explain_word_counts(const struct explain *x, const struct explain_word *w)
{
	return x->evaluator ? w->verdict == EVALUATE_DENIES : w->certain;
}

/* Appends the sentence's calls that the profile allows or denies, or all of them. Returns their number. */
static size_t add_calls(const struct explain *x, const struct sentence *s, bool all, bool allowed, struct buf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < x->word_count; i++) {
		const struct explain_word *w = &x->words[i];

		if (w->sentence != s || (!all && (w->verdict == EVALUATE_ALLOWS) != allowed))
			continue;
		buf_addf(out, "%s%s", n++ ? ", " : "", w->name);
	}
	return n;
}

static void add_verdict(const struct explain *x, const struct sentence *s, struct buf *out)
{
	cleanup_buf struct buf refused = {0}, allowed = {0};
	size_t r = add_calls(x, s, false, false, &refused), a = add_calls(x, s, false, true, &allowed);

	if (r)
		buf_addf(out, "    %s refuses %s.\n", x->profile, refused.data);
	if (a)
		buf_addf(out, "    %s allows %s%s.\n", x->profile, allowed.data,
			 r ? "" : ", so another profile was loaded, or it was not seccomp");
}

static void add_sentence(const struct explain *x, const struct sentence *s, bool certain, struct buf *out)
{
	cleanup_buf struct buf calls = {0};
	size_t n = add_calls(x, s, true, false, &calls);

	buf_addf(out, "  %s: \"%s\"\n", s->runtime, s->text);
	if (n)
		buf_addf(out, "    %s%s%s. Called by %s.\n",
			 n > 1 && certain ? "refused, one of: " : certain ? "refused: " : n > 1 ? "perhaps refused, one of: " : "perhaps refused: ",
			 calls.data, s->form == SENTENCE_DUMP ? ", where it aborted" : "", s->since);
	if (*s->why)
		buf_addf(out, "    %s%s.\n", certain || !n ? "" : "Or not seccomp: ", s->why);
	buf_addf(out, "    (as in %s %s, %s)\n", s->runtime, s->version, s->source);
	if (x->evaluator && n)
		add_verdict(x, s, out);
}

void explain_add_words(const struct explain *x, struct buf *out)
{
	const struct sentence *all = NULL;
	size_t n = sentence_all(&all);
	bool first = true;

	for (size_t i = 0; i < n; i++) {
		if (!x->summary.sentences[i].count)
			continue;
		if (first)
			buf_adds(out, "\nWhat the runtime's messages mean:\n");
		first = false;
		add_sentence(x, &all[i], all[i].certain || x->summary.sentences[i].enosys, out);
	}
}

void explain_json_words(const struct explain *x, struct json_writer *w)
{
	const struct sentence *all = NULL;
	size_t n = sentence_all(&all);

	json_write_array(w, "sentences");
	for (size_t i = 0; i < n; i++) {
		if (!x->summary.sentences[i].count)
			continue;
		json_write_object(w, NULL);
		json_write_string(w, "text", all[i].text);
		json_write_u64(w, "count", x->summary.sentences[i].count);
		json_write_string(w, "runtime", all[i].runtime);
		json_write_string(w, "version", all[i].version);
		json_write_string(w, "source", all[i].source);
		json_write_string(w, "since", all[i].since);
		json_write_bool(w, "certain", all[i].certain || x->summary.sentences[i].enosys);
		json_write_array_flat(w, "calls");
		for (size_t k = 0; k < x->word_count; k++)
			if (x->words[k].sentence == &all[i])
				json_write_string(w, NULL, x->words[k].name);
		json_write_end_array(w);
		if (x->evaluator) {
			json_write_array_flat(w, "refused");
			for (size_t k = 0; k < x->word_count; k++)
				if (x->words[k].sentence == &all[i] && x->words[k].verdict != EVALUATE_ALLOWS)
					json_write_string(w, NULL, x->words[k].name);
			json_write_end_array(w);
		}
		json_write_end_object(w);
	}
	json_write_end_array(w);
}
