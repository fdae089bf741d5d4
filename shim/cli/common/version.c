#include "shim/cli/common/version.h"

#include "base/json/json.h"
#include "seccomp/syscall/names.h"
#include "shim/cli/common/build_info.h"
#include "yaml/nodes.h"

void version_add(struct buf *out)
{
	char seccomp[SYSCALL_LIBSECCOMP_MAX], yajl[JSON_PARSER_VERSION_MAX];

	syscall_libseccomp(seccomp);
	json_parser_version(yajl);
	buf_adds(out, "snug " SNUG_VERSION "\n");
	buf_addf(out, "build: %s, %s, %s, %s\n", BUILD_MACHINE, BUILD_COMPILER, BUILD_LINKING, BUILD_TYPE);
	buf_addf(out, "libraries: libseccomp %s, yajl %s, libyaml %s\n", seccomp, yajl, yaml_parser_version());
}
