/* SHA-256 (FIPS 180-4), in one call: to tell whether a text is the one that was shown. */
#ifndef SNUG_BASE_SHA256_H
#define SNUG_BASE_SHA256_H

#include <stddef.h>

#define SHA256_HEX_MAX 65 /* 64 lower-case hex digits and a NUL */

/* The digest of len bytes, as sha256sum(1) prints it. */
void sha256_hex(const void *p, size_t len, char ret[SHA256_HEX_MAX]);

#endif
