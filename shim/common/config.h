/* The configuration: the file named by SNUG_CONFIG, else a rootless caller's own (shim/common/rootless.h), else
 * /etc/snug/config.json. An unknown key or a wrong type is an error, with JSON path and line. Without /etc/snug/config.json the
 * defaults apply; a missing SNUG_CONFIG file is an error. */
#ifndef SNUG_SHIM_CONFIG_H
#define SNUG_SHIM_CONFIG_H

#include "base/err.h"
#include "base/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_DEFAULT_PATH "/etc/snug/config.json"

enum config_mode { CONFIG_PASS, CONFIG_LEARN, CONFIG_AUDIT, CONFIG_ENFORCE };
enum config_baseline { CONFIG_BASELINE_UNSET, CONFIG_BASELINE_DROP, CONFIG_BASELINE_DEFAULT, CONFIG_BASELINE_KEEP };
enum config_source { CONFIG_SOURCE_AUTO, CONFIG_SOURCE_AUDIT, CONFIG_SOURCE_NOTIFY };
enum config_policy { CONFIG_FAIL, CONFIG_ORIGINAL };

struct config {
	char *path;                          /* the file; owned */
	char *runtime;                       /* absolute path; NULL: search the usual places */
	enum config_mode mode;               /* of snug-runtime under its own name; default pass */
	bool mode_given;                     /* the file sets it */
	bool named;                          /* by SNUG_CONFIG */
	bool rootless;                       /* the caller is not root of the node */
	char *state_dir;                     /* default /var/lib/snug, for a rootless caller below his home */
	char *run_dir;                       /* default /run/snug, for a rootless caller below XDG_RUNTIME_DIR */
	enum config_source source;           /* what containers are learnt by; default auto */
	char *export_dir;                    /* where approved profiles are copied for the kubelet; NULL: nowhere */
	enum config_baseline baseline;       /* unset: drop for root's own containers, default for pods */
	bool session;                        /* a recorded container gets an audit session of its own; default true */
	enum config_policy on_error;         /* default fail */
	enum config_policy missing_profile;  /* default fail */
	bool annotation_profile;             /* "annotations" lists io.snug.profile: a pod's counts; default false */
	bool annotation_mode;                /* "annotations" lists io.snug.mode: it chooses the mode; default false */
	bool image_annotations;              /* io.snug.* also counts if an image may have set it (Podman); default false */
	bool pod_minimum;                    /* learning and audit give a pod without a profile the runtime's default one; default true */
	bool log_denials;                    /* denials of enforced containers are logged and recorded, if the runtime can do that; default true */
	bool no_progress;                    /* "progressive": false: every learning run logs every call; default: known calls are unlogged */
	bool log_everything;                 /* "learning": "log-everything": no call is left to the kernel's counter; default "auto" */
	bool experiments;                    /* learning runs may answer a call with ENOSYS to find out whether it is needed; default false */
	bool hot_default;                    /* "hot_set": true: snug's own list */
	struct names hot_set;                /* "hot_set": [...]: unlogged and assumed from the first run on; default empty */
	uint64_t learn_for_ms;               /* how long a key is learnt, from its first learning run on; 0: without end; default 7 days */
};

/* Reads it; the caller calls config_done() also after an error. Paths must be absolute. */
int config_load(struct config *ret, struct err *err);

/* The defaults. Returns 0 or -ENOMEM. */
int config_default(struct config *ret, struct err *err);

/* Applies the settings in a text to *c, whose path appears in messages. On failure, some may have been applied. */
int config_apply(struct config *c, const char *text, size_t len, struct err *err);
void config_done(struct config *c);
int config_mode_by_name(const char *name, enum config_mode *ret); /* 0 or -ENOENT */
const char *config_mode_name(enum config_mode m);
const char *config_source_name(enum config_source s); /* "auto" "audit" "notify" */

#endif
