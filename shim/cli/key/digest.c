/* The digest by which people identify the profile that they reviewed. */
#include "shim/cli/key/build.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

void build_digest(const struct build *b, char ret[SHA256_HEX_MAX])
{
	sha256_hex(b->oci.data, b->oci.len, ret);
}

#define DIGEST_MIN 12 /* digits */

int build_check_digest(const struct buf *text, const char *digest, struct err *err)
{
	const char *hex = digest + (text_starts(digest, "sha256:") ? strlen("sha256:") : 0);
	size_t len = strlen(hex);
	char own[SHA256_HEX_MAX];

	if (len < DIGEST_MIN || len >= SHA256_HEX_MAX || strspn(hex, "0123456789abcdef") != len)
		return err_set(err, EINVAL,
			       "--digest takes at least %d digits of what `snug profile` printed, not '%s'", DIGEST_MIN,
			       digest);
	sha256_hex(text->data, text->len, own);
	if (strncmp(own, hex, len) != 0)
		return err_set(err, ESTALE,
			       "the profile has changed: its digest is %2$.12s now, not %1$.12s; review it again with "
			       "`snug profile` and the same --errno and --runtime",
			       hex, own);
	return 0;
}
