#include "seccomp/write/object_name.h"

#include "base/sha256.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define NAME_MAX_BYTES 253 /* RFC 1123 */
#define READABLE_MAX   100 /* bytes of the readable part, before the digest */
#define DIGEST_LEN     16
#define PODS           "k8s/" /* the keys of all pods begin with this */

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* True if it ends as a name with a digest does. */
static bool ends_in_digest(const char *name, size_t len)
{
	if (len <= DIGEST_LEN || name[len - DIGEST_LEN - 1] != '-')
		return false;
	for (size_t i = len - DIGEST_LEN; i < len; i++)
		if (!(name[i] >= '0' && name[i] <= '9') && !(name[i] >= 'a' && name[i] <= 'f'))
			return false;
	return true;
}

/* True for a DNS subdomain (labels that begin and end with a letter or digit, joined by dots) that does not end in a
 * digest. */
static bool is_object_name(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++) {
		bool inner = i > 0 && i + 1 < len && is_name_char(name[i - 1]);

		if (!is_name_char(name[i]) && !(name[i] == '-' && i > 0 && i + 1 < len && name[i - 1] != '.') &&
		    !(name[i] == '.' && inner && is_name_char(name[i + 1])))
			return false;
	}
	return len && len <= NAME_MAX_BYTES && !ends_in_digest(name, len);
}

void object_name_add(const char *name, struct buf *out)
{
	char digest[SHA256_HEX_MAX];
	size_t from = out->len;

	if (is_object_name(name)) {
		buf_adds(out, name);
		return;
	}
	sha256_hex(name, strlen(name), digest);
	for (const char *s = strncmp(name, PODS, strlen(PODS)) == 0 ? name + strlen(PODS) : name;
	     *s && out->len - from < READABLE_MAX; s++) {
		bool escape = s[0] == '%' && isxdigit((unsigned char)s[1]) && isxdigit((unsigned char)s[2]);

		if (isalnum((unsigned char)*s))
			buf_addc(out, (char)tolower((unsigned char)*s));
		else if (out->len > from && !buf_failed(out) && out->data[out->len - 1] != '-')
			buf_addc(out, '-');
		s += escape ? 2 : 0;
	}
	if (out->len == from)
		buf_adds(out, "profile");
	if (!buf_failed(out) && out->data[out->len - 1] != '-')
		buf_addc(out, '-');
	buf_add(out, digest, DIGEST_LEN);
}
