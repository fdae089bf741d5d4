/* The configuration: /etc/snug/config.json, for a rootless caller his own (shim/common/rootless.h) where there is one, or the file that SNUG_CONFIG names. An unknown key or a wrong type is an error with
 * its JSON path and line; a missing /etc/snug/config.json means the defaults, a missing SNUG_CONFIG file is an error. */
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
	char *runtime;                       /* absolute path; NULL: look in the usual places */
	enum config_mode mode;               /* of snug-runtime under its own name; default pass */
	bool mode_given;                     /* the file says which */
	bool named;                          /* by SNUG_CONFIG */
	bool rootless;                       /* the caller is not root of the node */
	char *state_dir;                     /* default /var/lib/snug, for a rootless caller below his home */
	char *run_dir;                       /* default /run/snug, for a rootless caller below XDG_RUNTIME_DIR */
	enum config_source source;           /* what learning goes by; default auto */
	char *export_dir;                    /* where approved profiles are kept for the kubelet; NULL: nowhere */
	enum config_baseline baseline;       /* default: drop for root's own, default for pods */
	bool session;                        /* a recorded container gets an audit session of its own; default true */
	enum config_policy on_error;         /* default fail */
	enum config_policy missing_profile;  /* default fail */
	bool annotation_profile;             /* "annotations" lists io.snug.profile: a pod's counts; default false */
	bool annotation_mode;                /* "annotations" lists io.snug.mode: it chooses the mode; default false */
	bool image_annotations;              /* io.snug.* counts too where it may be an image's (Podman); default false */
	bool pod_minimum;                    /* learning and audit give a pod without a profile the runtime's default one; default true */
	bool log_denials;                    /* enforced containers have their denials logged and recorded, where the runtime can; default true */
	bool no_progress;                    /* "progressive": false: every learning run logs every call; default: what is known is quiet */
	bool log_everything;                 /* "learning": "log-everything": no call is left to the kernel's counter; default "auto" */
	bool experiments;                    /* learning runs may answer a call with ENOSYS to find out whether it is needed; default false */
	bool hot_default;                    /* "hot_set": true: the list that comes with snug */
	struct names hot_set;                /* "hot_set": [...]; quiet and assumed from the first run on; default empty */
	uint64_t learn_for_ms;               /* how long after its first learning run a key is learnt; 0: without end; default 7 days */
};

/* Reads it. Path-like values must be absolute. */
int config_load(struct config *ret, struct err *err);

/* What holds where no file says otherwise. 0 or -ENOMEM. */
int config_default(struct config *ret, struct err *err);

/* Applies the settings of a text to *c, whose path messages name. On failure *c may hold some of them; config_done() frees all. */
int config_apply(struct config *c, const char *text, size_t len, struct err *err);
void config_done(struct config *c);
int config_mode_by_name(const char *name, enum config_mode *ret); /* 0 or -ENOENT */
const char *config_mode_name(enum config_mode m);
const char *config_source_name(enum config_source s); /* "auto" "audit" "notify" */

#endif
