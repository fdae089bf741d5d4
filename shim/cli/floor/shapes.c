#include "shim/cli/floor/shapes.h"

#include "base/cleanup.h"
#include "oci/spec.h"

#include <string.h>

/* The parts of `runc spec` that belong to a process shape. */
#define CAPS "[\"CAP_AUDIT_WRITE\",\"CAP_KILL\",\"CAP_NET_BIND_SERVICE\"]"
#define CONFIG(nnp)                                                                                                    \
	"{\"process\":{\"user\":{\"uid\":0,\"gid\":0},\"capabilities\":{\"bounding\":" CAPS ",\"effective\":" CAPS     \
	",\"permitted\":" CAPS ",\"ambient\":" CAPS "},"                                                               \
	"\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":1024,\"soft\":1024}],\"noNewPrivileges\":" nnp "},"         \
	"\"root\":{\"readonly\":true},\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\"},"           \
	"{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"mount\"},{\"type\":\"cgroup\"}],"                           \
	"\"maskedPaths\":[\"/proc/acpi\",\"/proc/asound\",\"/proc/kcore\",\"/proc/keys\",\"/proc/latency_stats\","     \
	"\"/proc/timer_list\",\"/proc/timer_stats\",\"/proc/sched_debug\",\"/sys/firmware\",\"/proc/scsi\"],"          \
	"\"readonlyPaths\":[\"/proc/bus\",\"/proc/fs\",\"/proc/irq\",\"/proc/sys\",\"/proc/sysrq-trigger\"]}}"

static const struct standard {
	const char *title, *config;
	bool no_new_privileges;
} STANDARDS[] = {
	{"started like `runc spec` (noNewPrivileges true)", CONFIG("true"), true},
	{"started like `runc spec`, noNewPrivileges false", CONFIG("false"), false},
};
_Static_assert(ARRAY_SIZE(STANDARDS) == SHAPES_COUNT, "the header tells how many");

const char *shapes_title(size_t i)
{
	return STANDARDS[i].title;
}

bool shapes_no_new_privileges(size_t i)
{
	return STANDARDS[i].no_new_privileges;
}

int shapes_shape(size_t i, struct buf *ret, struct err *err)
{
	cleanup_spec struct oci_spec *spec = NULL;
	int r = oci_spec_parse(STANDARDS[i].config, strlen(STANDARDS[i].config), "standard shape", &spec, err);

	return r < 0 ? r : oci_spec_shape(spec, false, ret, err);
}
