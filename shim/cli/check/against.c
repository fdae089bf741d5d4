#include "shim/cli/check/against.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "oci/runtime.h"
#include "shim/cli/common/run.h"
#include "shim/cli/floor/catalogue.h"
#include "shim/cli/floor/sample.h"
#include "shim/cli/floor/shapes.h"
#include "shim/common/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VERSION_TIMEOUT_MS 10000

/* Samples one shape if that has not been done on this node. */
static int obtain(struct against *a, const struct oci_runtime *rt, const char *shape, struct floor *ret,
		  struct err *err)
{
	const struct config *config = a->config;
	const struct sample_plan plan = {
		.config = config, .runtime = rt, .shape = shape, .silent = SAMPLE_SILENT, .max = SAMPLE_MAX};
	char runtime_id[OCI_RUNTIME_ID_MAX];
	bool confidence = false;
	int r;

	oci_runtime_id(rt, runtime_id);
	const struct floor_id id = floor_id_here(config->state_dir, runtime_id, shape);

	r = floor_load(&id, ret, err);
	/* Whoever cannot read the samples has none. */
	if (r == -EACCES && geteuid() != 0)
		return 0;
	if (r < 0 || floor_is_sampled(ret) || !a->sample)
		return r;
	fprintf(stderr, "sampling what %s itself needs to start containers (can take a minute; --no-sample skips it)\n",
		rt->path);
	r = sample_floor(&plan, &confidence, err);
	if (r < 0) {
		if (r != -EINTR)
			err_wrap(err, "cannot sample the runtime (--no-sample skips this, --floor-file uses another "
				      "node's floor)");
		return r;
	}
	floor_done(ret);
	return floor_load(&id, ret, err);
}

static bool is_here(const struct arch *arch)
{
	const struct arch *host[4];

	return arch_host(host) && host[0] == arch;
}

/* For an installed runtime that was not sampled: uses the catalogue's floor for its version. */
static int take_catalogued(struct against *a, const struct oci_runtime *rt, struct err *err)
{
	char option[] = "--version";
	char *argv[] = {rt->path, option, NULL};
	const struct run run = {.argv = argv, .signal_fd = -1, .timeout_ms = VERSION_TIMEOUT_MS};
	cleanup_buf struct buf version = {0};
	const struct catalogue_entry *e;

	if (run_program(&run, &version, NULL) < 0 || !version.data)
		return 0;
	e = catalogue_of_version(version.data, a->floors->arch);
	if (!e)
		return 0;
	floor_file_drop_last(a->floors);
	return catalogue_add_to(e, a->floors, err);
}

/* A profile may be meant for root's containers, and an ordinary user's check finds out about the user's. */
static void tell_rootless(const struct against *a, const struct floor_runtime *entry)
{
	const struct catalogue_entry *e = catalogue_of_version(entry->version, a->floors->arch);

	fprintf(stderr, "checked for rootless starts by %s, as you would start it; ", entry->path);
	if (e)
		fprintf(stderr, "for starts as root: --runtime %s\n", e->name);
	else
		fprintf(stderr, "for starts as root, run this as root\n");
}

static int add_runtime(struct against *a, const struct oci_runtime *rt, struct err *err)
{
	struct floor_runtime *entry = NULL;
	bool rootless = !namespaces_is_root();
	int r = floor_file_add_runtime(a->floors, rt, &entry, err);

	if (!r)
		r = floor_file_set_version(entry, rt->path, err);
	/* This node's samples only have calls of this machine. */
	if (!r && !is_here(a->floors->arch))
		return 0;
	for (size_t i = 0; !r && i < SHAPES_COUNT; i++) {
		cleanup_floor struct floor floor = {0};
		cleanup_buf struct buf shape = {0};

		r = shapes_shape(i, rootless, &shape, err);
		if (!r)
			r = obtain(a, rt, shape.data, &floor, err);
		if (!r)
			r = floor_file_add_floor(a->floors, entry, &floor, shape.data, shapes_title(i, rootless),
						 shapes_no_new_privileges(i), err);
	}
	if (!r && entry->part_count && rootless && a->tell_rootless)
		tell_rootless(a, entry);
	return r || entry->part_count ? r : take_catalogued(a, rt, err);
}

/* True if the last runtime of the file has this entry's version and was sampled here. */
static bool is_own(const struct against *a, const struct catalogue_entry *e)
{
	const struct floor_runtime *last = &a->floors->runtimes[a->floors->runtime_count - 1];

	return last->part_count && !last->catalogued && catalogue_of_version(last->version, a->floors->arch) == e;
}

/* A released runtime, for starts as root. If it is installed and was sampled here so, that sample counts. */
static int add_released(struct against *a, const char *name, struct err *err)
{
	cleanup_with(oci_runtime_done) struct oci_runtime rt = {0};
	const struct catalogue_entry *e = NULL;
	bool sample = a->sample;
	char program[8];
	int r = catalogue_find(name, a->floors->arch, &e, err);

	if (r < 0)
		return r;
	snprintf(program, sizeof(program), "%.*s", (int)strcspn(e->name, "-"), e->name);
	if (namespaces_is_root() && !oci_runtime_open_or_find(program, -1, &rt, NULL)) {
		size_t before = a->floors->runtime_count;

		a->sample = false;
		r = add_runtime(a, &rt, err);
		a->sample = sample;
		if (r < 0 || is_own(a, e))
			return r;
		while (a->floors->runtime_count > before)
			floor_file_drop_last(a->floors);
	}
	return catalogue_add_to(e, a->floors, err);
}

int against_named(const char *name, void *arg, struct err *err)
{
	cleanup_with(oci_runtime_done) struct oci_runtime rt = {0};
	struct against *a = arg;

	if (catalogue_is_name(name))
		return add_released(a, name, err);
	int r = oci_runtime_open_or_find(name, -1, &rt, err);

	return r < 0 ? r : add_runtime(a, &rt, err);
}

int against_default(struct against *a, struct err *err)
{
	cleanup_with(oci_runtime_done) struct oci_runtime rt = {0};
	const char *path = a->config->runtime;
	int r = path ? oci_runtime_open(path, -1, &rt, NULL) : oci_runtime_find(-1, &rt, NULL);

	return r < 0 ? 0 : add_runtime(a, &rt, err);
}

int against_file(struct against *a, const char *path, struct err *err)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	cleanup_buf struct buf text = {0};
	int r = fd < 0 ? err_sys(err, errno, "%s", path) : file_read_fd(fd, FLOOR_FILE_SIZE_MAX, path, &text, err);

	return r < 0 ? r : floor_file_parse(text.data ? text.data : "", text.len, path, a->floors, err);
}
