#include "shim/runtime/start.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "oci/bundle.h"
#include "oci/key.h"
#include "oci/spec.h"
#include "seccomp/learning/log_flag.h"
#include "shim/common/features.h"
#include "shim/common/state.h"
#include "shim/runtime/annotations.h"
#include "shim/runtime/guardian.h"
#include "shim/runtime/learn.h"
#include "shim/common/note.h"
#include "shim/runtime/register.h"
#include "shim/runtime/report.h"
#include "shim/runtime/section.h"
#include "shim/runtime/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_TIMEOUT_MS 60000
#define SHOWN_MAX_MS    10000 /* how long to wait while another start shows the runtime a rewritten file */
#define LOOK_AGAIN_MS   5

/* The state of one start, collected step by step. */
struct start {
	struct plan *plan;
	struct oci_bundle bundle;
	struct buf text; /* config.json */
	struct oci_spec *spec;
	enum oci_container_kind kind;
	struct annotations annotations;
	enum config_mode mode;
	char *key;
	int recorder;     /* the connection to it, once it was asked; else -1 */
	struct learn learn;
	struct section section;
	bool guarded;     /* the helper now holds the lock */
	bool exists;      /* the runtime already has a container with this id */
	bool noted;
	bool missing;     /* there is no key, or no approved profile: missing_profile decides, not on_error */
	bool brought;     /* something that the container brings along prevents the start */
	bool denials;     /* the container's denials are logged, and the recorder listens */
	bool callers_own; /* the bundle certainly contains the caller's own file */
};

static int lock(struct start *s, unsigned timeout_ms, struct err *err)
{
	cleanup_buf struct buf locks = {0};

	buf_addf(&locks, "%s/locks", s->plan->config.run_dir);
	return oci_bundle_lock(&s->bundle, locks.data, timeout_ms, err);
}

/* Opens and locks the bundle, and makes sure that the caller's own file is in it. */
static int open_bundle(struct start *s, struct err *err)
{
	const struct oci_call *call = &s->plan->call;
	int r = oci_bundle_open(call->bundle ? call->bundle : ".", call->config, &s->bundle, err);

	if (r == 0)
		r = lock(s, LOCK_TIMEOUT_MS, err);
	if (r == 0)
		r = oci_bundle_recover(&s->bundle, err);
	if (r < 0)
		return r;
	s->callers_own = true;
	r = oci_bundle_read(&s->bundle, &s->text, err);
	if (r < 0)
		return r;
	r = oci_spec_parse(s->text.data, s->text.len, s->bundle.name, &s->spec, err);
	if (r == 0)
		r = oci_bundle_check_owner(&s->bundle, s->spec, err);
	/* A configuration that cannot be judged may contain something that would be refused. */
	s->brought = r < 0;
	return r;
}

static int make_key(struct start *s, struct err *err)
{
	const struct oci_key_rules rules = {.chosen = s->annotations.profile, .program_name = s->mode == CONFIG_LEARN};
	bool ignored = s->annotations.ignored;
	int r = oci_key_make(s->spec, s->kind, s->plan->call.id, &rules, &s->key, err);

	if (r == 0 && ignored && s->kind == OCI_KIND_PLAIN)
		report_ignored(s->plan->call.id);
	if (r == -ENOENT && ignored)
		return err_set(err, ENOENT, "container %s has no key: ignoring the annotation io.snug.profile, which may come from the image; to trust annotations of images, set \"image_annotations\": true in %s",
			       s->plan->call.id, s->plan->config.path);
	if (r == -ENOENT)
		return err_set(err, ENOENT,
			       "container %s has no key: set the annotation io.snug.profile, or choose an id yourself; "
			       "if the engine can do neither (Docker up to 24), give it the approved profile as a "
			       "file, --security-opt seccomp=FILE",
			       s->plan->call.id);
	return r;
}

static bool is_recorded(enum config_mode mode)
{
	return mode == CONFIG_LEARN || mode == CONFIG_AUDIT;
}

/* Makes the kernel log what the container is denied, if the runtime can and the recorder listens. Nothing else depends on this. */
static void log_denials(struct start *s)
{
	const struct plan *p = s->plan;
	cleanup_buf struct buf flagged = {0};
	struct err why = {0};
	int r;

	/* Baseline drop denies nothing. */
	if (s->exists || !p->config.log_denials || p->config.rootless || text_streq(s->section.baseline, "drop") ||
	    features_log_denials(p->config.state_dir, &p->runtime) != FEATURES_CAN)
		return;
	r = log_flag_add(s->section.text.data, s->section.text.len, "the seccomp section", &flagged, &why);
	if (r == 0 && s->mode == CONFIG_ENFORCE)
		r = register_health(p, &s->recorder, &why);
	if (r < 0) {
		report_unrecorded(p->call.id, &why);
		return;
	}
	buf_done(&s->section.text);
	s->section.text = flagged;
	flagged = (struct buf){0};
	s->denials = s->mode == CONFIG_ENFORCE;
}

static void add_denials(struct start *s)
{
	bool recorded = false;
	struct err why = {0};

	if (register_session(s->plan, s->key, s->mode, &s->recorder, NULL, NULL, &recorded, &why) < 0)
		report_unrecorded(s->plan->call.id, &why);
}

/* Registers the container with the recorder before the runtime starts. Enforcing needs no recorder. */
static int book(struct start *s, struct err *err)
{
	cleanup_buf struct buf shape = {0};
	bool recorded = false;
	int r;

	if (s->denials)
		add_denials(s);
	if (!is_recorded(s->mode) || s->plan->notify)
		return 0;
	r = oci_spec_shape(s->spec, s->plan->call.systemd_cgroup, &shape, err);
	if (r == 0)
		r = register_session(s->plan, s->key, s->mode, &s->recorder, &s->section, shape.data, &recorded, err);
	if (r == 0 && !recorded)
		r = err_set(err, EREMOTEIO, "the recorder does not record container %s", s->plan->call.id);
	return r;
}

/* Puts the section in its place; all other bytes stay. The runtime cannot see it yet. */
static int prepare(struct start *s, struct err *err)
{
	cleanup_buf struct buf spliced = {0};
	const struct buf *text = &s->section.text;
	int r = s->section.own ? oci_spec_splice_own(s->spec, text->data, text->len, &spliced, err)
			       : oci_spec_splice(s->spec, text->data, text->len, &spliced, err);

	return r < 0 ? r : oci_bundle_prepare(&s->bundle, spliced.data, spliced.len, err);
}

static int write_note(struct start *s, struct err *err)
{
	/* The runtime will refuse an id that exists; the note of that other container stays. */
	if (s->exists)
		return 0;

	const struct note note = {.runtime = s->plan->runtime.path, .key = s->key, .mode = s->mode,
				  .denials = s->denials, .notify = s->plan->notify};
	struct err why = {0};
	int r = note_write(s->plan->config.run_dir, s->plan->root, s->plan->call.id, &note, &why);

	s->noted = true;
	if (r == 0 || is_recorded(s->mode)) {
		*err = why;
		return r;
	}
	/* An enforced container needs no note, but an older one with its id would describe another container. */
	report_unnoted(s->plan->call.id, &why);
	r = note_remove(s->plan->config.run_dir, s->plan->root, s->plan->call.id);
	return r < 0 ? err_set(err, -r, "%s", why.msg) : 0;
}

/* Starts the helper that restores the file, before there is anything to restore. */
static int set_guardian(struct start *s, struct err *err)
{
	const struct guardian_duty duty = {
		.plan = s->plan,
		.bundle = &s->bundle,
		.recorded = is_recorded(s->mode),
		.learn_features = true,
		.tell_version = is_recorded(s->mode) || s->denials,
		/* A failed start leaves no container, and callers need not call delete for it: then the helper removes the
		 * note. */
		.until_end = !s->exists,
	};

	return guardian_start(&duty, err);
}

/* After learn_for a key is not learnt any more: the approved profile applies, or else the caller's own. */
static int ask_recorder(struct start *s, struct err *err)
{
	cleanup_buf struct buf approved = {0};
	int r = learn_ask(s->plan, s->spec, s->key, &s->recorder, &s->learn, err);

	if (r < 0) {
		r = source_fall_back(s->plan, err);
		if (r == 0)
			r = learn_ask(s->plan, s->spec, s->key, &s->recorder, &s->learn, err);
	}
	if (r < 0 || !s->learn.over)
		return r;
	r = state_read_approved(s->plan->config.state_dir, s->key, &approved, err);
	s->mode = r == -ENOENT ? CONFIG_PASS : CONFIG_ENFORCE;
	return r == -ENOENT ? 0 : r;
}

/* If learning is over and the profile is enforced, no source is used. */
static int make_section(struct start *s, struct err *err)
{
	s->plan->notify &= s->mode == CONFIG_LEARN;
	if (!s->plan->notify)
		return section_make(s->plan, s->spec, s->kind, s->mode, s->key, &s->learn, &s->section, err);
	report_source(&s->plan->call, s->plan->why);
	return source_notify(s->plan, s->spec, s->kind, s->key, &s->section, err);
}

/* A container of `kubectl debug` has a name that never returns. It is not learnt, but gets its namespace's profile for such
 * containers, or else its own, or else the runtime's default. */
static int make_ephemeral(struct start *s, struct err *err)
{
	struct err none = {0};
	int r = oci_key_make_ephemeral(s->spec, &s->key, err);

	if (r < 0)
		return r;
	s->mode = CONFIG_ENFORCE;
	r = section_make(s->plan, s->spec, s->kind, s->mode, s->key, &s->learn, &s->section, &none);
	if (r == -ENOENT)
		r = section_make_default(s->spec, s->kind, &s->section, err);
	else if (r < 0)
		*err = none;
	if (r == 0 && !s->section.text.len)
		s->mode = CONFIG_PASS;
	return r;
}

/* Finds the key, and the section for it. */
static int find_section(struct start *s, struct err *err)
{
	int r = 0;

	if (is_recorded(s->mode))
		r = source_choose(s->plan, s->mode, err);
	if (r == 0) {
		r = make_key(s, err);
		s->brought = r < 0 && (r != -ENOENT || annotations_chose(&s->annotations));
	}
	if (r == 0 && s->mode == CONFIG_LEARN)
		r = ask_recorder(s, err);
	if (r == 0 && s->mode == CONFIG_PASS)
		return 0;
	if (r == 0)
		r = make_section(s, err);
	s->missing = r == -ENOENT;
	s->brought |= s->missing && annotations_chose(&s->annotations);
	return r;
}

/* The helper comes up meanwhile. */
static int book_guarded(struct start *s, struct err *err)
{
	struct err none = {0};
	int booked = book(s, err);
	int r = guardian_wait(&none);

	s->guarded = r == 0;
	if (booked == 0 && r < 0)
		*err = none;
	return booked < 0 ? booked : r;
}

static int ready(struct start *s, struct err *err)
{
	int r = annotations_choose_mode(&s->annotations, s->plan->mode, &s->mode, err);

	if (r == 0)
		r = annotations_check(s->spec, err);
	s->brought = r < 0;
	if (r == 0)
		r = oci_key_is_ephemeral(s->spec, s->kind) ? make_ephemeral(s, err) : find_section(s, err);
	if (r == 0 && s->mode == CONFIG_PASS)
		return 0;
	if (r == 0) {
		log_denials(s);
		r = prepare(s, err);
	}
	if (r == 0)
		r = write_note(s, err);
	if (r == 0 && is_recorded(s->mode) && !s->plan->notify)
		r = register_ready(s->plan, &s->recorder, err);
	if (r == 0)
		r = set_guardian(s, err);
	if (r == 0)
		r = book_guarded(s, err);
	if (r == 0)
		r = oci_bundle_swap(&s->bundle, err);
	return r;
}

static void start_done(struct start *s)
{
	if (!s->guarded)
		oci_bundle_unlock(&s->bundle);
	oci_bundle_done(&s->bundle);
	buf_done(&s->text);
	oci_spec_free(s->spec);
	section_done(&s->section);
	learn_done(&s->learn);
	free(s->key);
	if (s->recorder >= 0)
		close(s->recorder);
}

/* Even pass undoes what a crash may have left: the runtime must not see a filter that denies nothing. A bundle that cannot be
 * opened safely is left to the runtime. This waits for no lock, only for the end of another start that shows its rewritten
 * file, which takes milliseconds. */
static void only_recover(struct start *s)
{
	const struct oci_call *call = &s->plan->call;
	bool any = false, shown = false;

	if (oci_bundle_open(call->bundle ? call->bundle : ".", call->config, &s->bundle, NULL) < 0)
		return;
	for (unsigned waited = 0; waited <= SHOWN_MAX_MS; waited += LOOK_AGAIN_MS) {
		oci_bundle_look(&s->bundle, &any, &shown);
		if (any && lock(s, 0, NULL) == 0) {
			(void)oci_bundle_recover(&s->bundle, NULL);
			oci_bundle_unlock(&s->bundle);
			return;
		}
		if (!shown)
			return;
		nanosleep(&(struct timespec){.tv_nsec = LOOK_AGAIN_MS * 1000000}, NULL);
	}
}

/* Both runtimes keep a container's state in ROOT/ID. */
static bool container_exists(const struct plan *p)
{
	cleanup_free char *path = NULL;
	struct stat st;

	return asprintf(&path, "%s/%s", p->root, p->call.id) > 0 && stat(path, &st) == 0;
}

int start_container(struct plan *p, bool *ret_original, struct err *err)
{
	struct start s = {.plan = p, .bundle = OCI_BUNDLE_INIT, .recorder = -1};
	enum config_policy policy;
	int r;

	*ret_original = false;
	s.exists = container_exists(p);
	/* A recorded start that cannot happen must not be registered: the runtime reports the error itself, and sees the
	 * caller's own profile. */
	if (p->mode == CONFIG_PASS || (s.exists && is_recorded(p->mode))) {
		only_recover(&s);
		start_done(&s);
		return 0;
	}
	r = open_bundle(&s, err);
	if (r == 0) {
		s.kind = oci_key_kind(s.spec, p->root);
		annotations_read(s.spec, s.kind, p->root, p->call.id, &p->config, &s.annotations);
		if (s.kind != OCI_KIND_SANDBOX)
			r = ready(&s, err);
	}
	policy = s.missing && s.mode != CONFIG_LEARN ? p->config.missing_profile : p->config.on_error;
	/* Nothing that a container brings along, such as the name of a missing profile, may get it past its profile. */
	*ret_original = r < 0 && s.callers_own && policy == CONFIG_ORIGINAL && (s.annotations.callers || !s.brought);
	if (r < 0)
		(void)oci_bundle_restore(&s.bundle, NULL);
	if (r < 0 && s.noted)
		(void)note_remove(p->config.run_dir, p->root, p->call.id);
	/* Else execve drops all of it a moment later. */
	if (r < 0 || !s.guarded)
		start_done(&s);
	return r;
}

int start_exec(struct plan *p, bool *ret_original, struct err *err)
{
	bool recorded = false;
	int none = -1;
	int r = register_session(p, p->note.key, p->note.mode, &none, NULL, NULL, &recorded, err);

	/* Its denials are not recorded then; nothing else in an enforced container depends on it. */
	if (r < 0 && p->note.mode == CONFIG_ENFORCE) {
		*ret_original = false;
		return 0;
	}
	*ret_original = r < 0 && p->config.on_error == CONFIG_ORIGINAL;
	return r;
}

void start_delete(struct plan *p)
{
	const struct guardian_duty duty = {.plan = p, .until_end = true};

	if (guardian_start(&duty, NULL) == 0)
		(void)guardian_wait(NULL);
}
