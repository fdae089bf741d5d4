#include "oci/spec.h"

#include <errno.h>
#include <string.h>

enum shape_kind { SHAPE_SCALAR, SHAPE_SCALARS, SHAPE_OBJECT, SHAPE_OBJECTS };

/* The members of the shape, in order. Others, and those of another type (the runtime will refuse them), are left out. */
struct shape_member {
	const char *name; /* NULL ends a table */
	enum shape_kind kind;
	const struct shape_member *members; /* of the object, or of each object of the array */
	unsigned cut;                       /* left out from this level of shortening on; 0: never */
};

#define SHAPE_CUT_MAX 2

static const struct shape_member user_members[] = {
	{.name = "uid"}, {.name = "gid"}, {.name = "umask"}, {.name = "additionalGids", .kind = SHAPE_SCALARS},
	{.name = NULL},
};
static const struct shape_member capability_members[] = {
	{.name = "bounding", .kind = SHAPE_SCALARS},    {.name = "effective", .kind = SHAPE_SCALARS},
	{.name = "inheritable", .kind = SHAPE_SCALARS}, {.name = "permitted", .kind = SHAPE_SCALARS},
	{.name = "ambient", .kind = SHAPE_SCALARS},     {.name = NULL},
};
static const struct shape_member rlimit_members[] = {
	{.name = "type"},
	{.name = "soft"},
	{.name = "hard"},
	{.name = NULL},
};
static const struct shape_member process_members[] = {
	{.name = "user", .kind = SHAPE_OBJECT, .members = user_members},
	{.name = "capabilities", .kind = SHAPE_OBJECT, .members = capability_members},
	{.name = "noNewPrivileges"},
	{.name = "rlimits", .kind = SHAPE_OBJECTS, .members = rlimit_members, .cut = 2},
	{.name = "oomScoreAdj"},
	{.name = "apparmorProfile"},
	{.name = "selinuxLabel"},
	{.name = NULL},
};
static const struct shape_member root_members[] = {
	{.name = "readonly"},
	{.name = NULL},
};
static const struct shape_member namespace_members[] = {
	{.name = "type"},
	{.name = NULL},
};
static const struct shape_member mapping_members[] = {
	{.name = "containerID"},
	{.name = "hostID"},
	{.name = "size"},
	{.name = NULL},
};
static const struct shape_member linux_members[] = {
	{.name = "namespaces", .kind = SHAPE_OBJECTS, .members = namespace_members},
	{.name = "mountLabel"},
	{.name = "maskedPaths", .kind = SHAPE_SCALARS, .cut = 1},
	{.name = "readonlyPaths", .kind = SHAPE_SCALARS, .cut = 1},
	{.name = "uidMappings", .kind = SHAPE_OBJECTS, .members = mapping_members},
	{.name = "gidMappings", .kind = SHAPE_OBJECTS, .members = mapping_members},
	{.name = NULL},
};
static const struct shape_member shape_members[] = {
	{.name = "process", .kind = SHAPE_OBJECT, .members = process_members},
	{.name = "root", .kind = SHAPE_OBJECT, .members = root_members},
	{.name = "linux", .kind = SHAPE_OBJECT, .members = linux_members},
	{.name = NULL},
};

/* The length of the UTF-8 sequence at s (Unicode 15, table 3-7); 0: none. */
static size_t utf8_len(const unsigned char *s, size_t len)
{
	static const struct {
		unsigned char lead_min, lead_max, second_min, second_max;
		size_t len;
	} forms[] = {
		{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	if (s[0] < 0x80)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if (s[0] < forms[i].lead_min || s[0] > forms[i].lead_max || len < forms[i].len)
			continue;
		if (s[1] < forms[i].second_min || s[1] > forms[i].second_max)
			return 0;
		for (size_t k = 2; k < forms[i].len; k++)
			if ((s[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].len;
	}
	return 0;
}

/* The recorder reads the shape strictly: bytes that are not UTF-8 become U+FFFD, as in Go. */
static void write_string(struct json_writer *w, const char *key, const struct json *v)
{
	cleanup_buf struct buf b = {0};
	const char *s = json_text(v);
	size_t len = json_text_len(v);

	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_len((const unsigned char *)s + i, len - i);
		if (n) {
			buf_add(&b, s + i, n);
		} else {
			buf_adds(&b, "\xef\xbf\xbd");
			n = 1;
		}
	}
	if (b.failed)
		w->out->failed = true;
	else
		json_write_stringn(w, key, b.data ? b.data : "", b.len);
}

static void write_scalar(struct json_writer *w, const char *key, const struct json *v)
{
	switch (json_type(v)) {
	case JSON_TRUE:
	case JSON_FALSE:
		json_write_bool(w, key, json_type(v) == JSON_TRUE);
		return;
	case JSON_NUMBER:
		json_write_raw(w, key, json_text(v), json_text_len(v));
		return;
	case JSON_STRING:
		write_string(w, key, v);
		return;
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT:
		return;
	}
}

static void write_members(struct json_writer *w, const struct json *obj, const struct shape_member *table,
			  unsigned cut);

static void write_member(struct json_writer *w, const struct json *v, const struct shape_member *m, unsigned cut)
{
	if (m->kind == SHAPE_SCALAR) {
		write_scalar(w, m->name, v);
	} else if (m->kind == SHAPE_OBJECT && json_type(v) == JSON_OBJECT) {
		json_write_object(w, m->name);
		write_members(w, v, m->members, cut);
		json_write_end_object(w);
	} else if (json_type(v) == JSON_ARRAY && m->kind != SHAPE_OBJECT) {
		json_write_array(w, m->name);
		for (const struct json *e = json_first(v); e; e = json_next(e)) {
			if (m->kind == SHAPE_SCALARS) {
				write_scalar(w, NULL, e);
				continue;
			}
			json_write_object(w, NULL);
			write_members(w, e, m->members, cut);
			json_write_end_object(w);
		}
		json_write_end_array(w);
	}
}

/* Goes as deep as the tables do, whatever the configuration holds. */
static void write_members(struct json_writer *w, const struct json *obj, const struct shape_member *table, unsigned cut)
{
	for (const struct shape_member *m = table; m->name; m++)
		if (!m->cut || m->cut > cut)
			write_member(w, json_get(obj, m->name), m, cut);
}

int oci_spec_shape(const struct oci_spec *spec, bool systemd_cgroup, struct buf *ret, struct err *err)
{
	for (unsigned cut = 0; cut <= SHAPE_CUT_MAX; cut++) {
		cleanup_buf struct buf b = {0};
		struct json_writer w;

		json_write_begin(&w, &b, false);
		json_write_object(&w, NULL);
		write_members(&w, json_root(oci_spec_doc(spec)), shape_members, cut);
		json_write_bool(&w, "systemdCgroup", systemd_cgroup);
		json_write_end_object(&w);
		if (buf_failed(&b))
			return err_set(err, ENOMEM, "out of memory");
		if (b.len > OCI_SPEC_SHAPE_MAX)
			continue;
		buf_add(ret, b.data, b.len);
		return buf_failed(ret) ? err_set(err, ENOMEM, "out of memory") : 0;
	}
	return err_set(err, E2BIG,
		       "the process's user, capabilities, labels, namespaces and id mappings take more than %u KiB",
		       OCI_SPEC_SHAPE_MAX >> 10);
}
