#include "shim/cli/floor/shapes.h"

#include "base/cleanup.h"
#include "oci/spec.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The parts of `runc spec` that belong to a process shape; `own` is the namespace that only one of the two kinds has. */
#define CAPS "[\"CAP_AUDIT_WRITE\",\"CAP_KILL\",\"CAP_NET_BIND_SERVICE\"]"
#define CONFIG(nnp, own)                                                                                                  \
	"{\"process\":{\"user\":{\"uid\":0,\"gid\":0},\"capabilities\":{\"bounding\":" CAPS ",\"effective\":" CAPS     \
	",\"permitted\":" CAPS ",\"ambient\":" CAPS "},"                                                               \
	"\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":1024,\"soft\":1024}],\"noNewPrivileges\":" nnp "},"         \
	"\"root\":{\"readonly\":true},\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"" own "\"},"                 \
	"{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"mount\"},{\"type\":\"cgroup\"}],"                           \
	"\"maskedPaths\":[\"/proc/acpi\",\"/proc/asound\",\"/proc/kcore\",\"/proc/keys\",\"/proc/latency_stats\","     \
	"\"/proc/timer_list\",\"/proc/timer_stats\",\"/proc/sched_debug\",\"/sys/firmware\",\"/proc/scsi\"],"          \
	"\"readonlyPaths\":[\"/proc/bus\",\"/proc/fs\",\"/proc/irq\",\"/proc/sys\",\"/proc/sysrq-trigger\"]"

static const struct standard {
	const char *title[2], *config[2]; /* root's, rootless; the config lacks what the mappings need */
	bool no_new_privileges;
} STANDARDS[] = {
	{{"started like `runc spec` (noNewPrivileges true)", "started like `runc spec --rootless` (noNewPrivileges true)"},
	 {CONFIG("true", "network"), CONFIG("true", "user")},
	 true},
	{{"started like `runc spec`, noNewPrivileges false", "started like `runc spec --rootless`, noNewPrivileges false"},
	 {CONFIG("false", "network"), CONFIG("false", "user")},
	 false},
};
_Static_assert(ARRAY_SIZE(STANDARDS) == SHAPES_COUNT, "the header tells how many");

const char *shapes_title(size_t i, bool rootless)
{
	return STANDARDS[i].title[rootless];
}

bool shapes_no_new_privileges(size_t i)
{
	return STANDARDS[i].no_new_privileges;
}

static void add_mapping(const char *name, unsigned id, struct buf *out)
{
	buf_addf(out, ",\"%s\":[{\"containerID\":0,\"hostID\":%u,\"size\":1}]", name, id);
}

int shapes_shape(size_t i, bool rootless, struct buf *ret, struct err *err)
{
	cleanup_spec struct oci_spec *spec = NULL;
	cleanup_buf struct buf config = {0};
	int r;

	buf_adds(&config, STANDARDS[i].config[rootless]);
	if (rootless) {
		add_mapping("uidMappings", geteuid(), &config);
		add_mapping("gidMappings", getegid(), &config);
	}
	buf_adds(&config, "}}");
	if (buf_failed(&config))
		return err_set(err, ENOMEM, "out of memory");
	r = oci_spec_parse(config.data, config.len, "standard shape", &spec, err);

	return r < 0 ? r : oci_spec_shape(spec, false, ret, err);
}
