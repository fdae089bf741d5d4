#include "shim/cli/floor/catalogue.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "shim/cli/common/table.h"
#include "shim/cli/floor/floor_file_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue.inc"

static const char *const RUNTIMES[] = {"runc-", "crun-"};

size_t catalogue_entries(const struct catalogue_entry **ret)
{
	*ret = catalogue_table;
	return ARRAY_SIZE(catalogue_table) - 1;
}

static const char *bare(const char *word)
{
	return word + (*word == '@');
}

bool catalogue_is_name(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(RUNTIMES); i++)
		if (text_starts(bare(word), RUNTIMES[i]) && isdigit((unsigned char)bare(word)[strlen(RUNTIMES[i])]))
			return !strchr(word, '/');
	return false;
}

static const struct catalogue_entry *look_up(const char *name, const struct arch *arch)
{
	const struct catalogue_entry *all = NULL;
	size_t n = catalogue_entries(&all);

	for (size_t i = 0; i < n; i++)
		if (text_streq(all[i].name, name) && text_streq(all[i].machine, arch->name))
			return &all[i];
	return NULL;
}

int catalogue_find(const char *name, const struct arch *arch, const struct catalogue_entry **ret, struct err *err)
{
	const struct catalogue_entry *all = NULL, *found = look_up(bare(name), arch);
	size_t n = catalogue_entries(&all), known = 0;
	cleanup_buf struct buf list = {0};

	if (found) {
		*ret = found;
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		if (text_streq(all[i].machine, arch->name))
			buf_addf(&list, "%s%s", known++ ? ", " : "", all[i].name);
	return err_set(err, ENOENT, "the catalogue has no %s for %s; it has %s (`snug floor --list`)", bare(name), arch->name,
		       known && list.data ? list.data : "none");
}

const struct catalogue_entry *catalogue_of_version(const char *version, const struct arch *arch)
{
	char runtime[16], number[24], name[48];

	if (sscanf(version, "%15[a-z] version %23[0-9.]", runtime, number) != 2)
		return NULL;
	snprintf(name, sizeof(name), "%s-%s", runtime, number);
	return look_up(name, arch);
}

int catalogue_read(const struct catalogue_entry *e, struct floor_file *ret, struct err *err)
{
	cleanup_floor_file struct floor_file f = {0};
	int r = floor_file_parse(e->text, e->len, e->name, &f, err);

	if (!r && f.runtime_count != 1)
		r = err_set(err, EINVAL, "%s: a catalogue entry must contain one runtime", e->name);
	if (r < 0)
		return r;
	*ret = f;
	f = (struct floor_file){0};
	return 0;
}

int catalogue_add_to(const struct catalogue_entry *e, struct floor_file *f, struct err *err)
{
	cleanup_floor_file struct floor_file entry = {0};
	struct floor_runtime *rt;
	int r = catalogue_read(e, &entry, err);

	if (r < 0)
		return r;
	rt = floor_file_append_runtime(f);
	if (!rt)
		return err_set(err, ENOMEM, "out of memory");
	*rt = entry.runtimes[0];
	rt->catalogued = true;
	entry.runtime_count = 0;
	return 0;
}

/* Makes the evidence that canaries would have given, as far as profiles need it: a call stays in a profile unless its ablation
 * says that it is only tried. */
static int add_part(const struct catalogue_entry *e, const struct floor_file *file, const struct floor_part *part, struct floor *f,
		    struct err *err)
{
	const struct evidence_run init = {
		.mode = EVIDENCE_LEARN, .runtime_version = file->runtimes[0].version, .started_ms = 1};
	uint64_t run = 0;
	int r = evidence_new(e->name, &f->phase[part->phase], err);

	if (!r)
		r = evidence_run_begin(f->phase[part->phase], &init, &run, err);
	for (size_t i = 0; !r && i < part->call_count; i++) {
		const struct floor_call *c = &part->calls[i];
		const struct record record = {.arch = file->arch->audit, .nr = c->nr, .time_ms = 1};

		r = evidence_add(f->phase[part->phase], run, EVIDENCE_RUNTIME, EVIDENCE_USED, &record);
		r = r < 0 ? err_set(err, r, "%s: not usable as a floor", e->name) : 0;
		for (enum ablation_errno k = 0; !r && floor_is_tried(c->use) && k < ABLATION_ERRNOS; k++)
			r = ablation_set(&f->ablation, part->phase, file->arch, c->nr, k, c->without[k], err);
	}
	for (size_t i = 0; !r && i < part->either_count; i++) {
		struct ablation_either either = {
			.phase = part->phase, .by = part->either[i].by, .arch = file->arch, .count = part->either[i].count};

		memcpy(either.nr, part->either[i].nr, sizeof(either.nr));
		r = ablation_add_either(&f->ablation, &either, err);
	}
	if (!r)
		evidence_run_end(f->phase[part->phase], run, 2);
	return r;
}

int catalogue_floor(const struct catalogue_entry *e, bool no_new_privileges, struct floor *ret, struct err *err)
{
	cleanup_floor_file struct floor_file file = {0};
	cleanup_floor struct floor f = {0};
	int r = catalogue_read(e, &file, err);

	for (size_t i = 0; !r && i < file.runtimes[0].part_count; i++) {
		const struct floor_part *part = &file.runtimes[0].parts[i];

		if (part->rootless || part->no_new_privileges != no_new_privileges || f.phase[part->phase])
			continue;
		r = add_part(e, &file, part, &f, err);
	}
	if (r < 0)
		return r;
	f.catalogued = true;
	*ret = f;
	f = (struct floor){0};
	return 0;
}

void catalogue_list(struct buf *out)
{
	static const char *const head[] = {"RUNTIME", "MACHINE", "OBTAINED", "OF", "KERNEL", "LIBSECCOMP"};
	const struct catalogue_entry *all = NULL;
	size_t n = catalogue_entries(&all);
	cleanup_table struct table t = {0};

	table_begin(&t, ARRAY_SIZE(head));
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		table_add(&t, head[i]);
	for (size_t i = 0; i < n; i++) {
		const char *const row[] = {all[i].name,    all[i].machine, all[i].date,
					   all[i].package, all[i].kernel,  all[i].libseccomp};

		for (size_t k = 0; k < ARRAY_SIZE(row); k++)
			table_add(&t, row[k]);
	}
	table_write(&t, "", out);
}
