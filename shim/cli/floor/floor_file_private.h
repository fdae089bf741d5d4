/* Shared by making and reading a floor file. */
#ifndef SNUG_SHIM_CLI_FLOOR_FILE_PRIVATE_H
#define SNUG_SHIM_CLI_FLOOR_FILE_PRIVATE_H

#include "shim/cli/floor/floor_file.h"

/* Makes a copy as safe text, which the caller frees. Returns 0 or a negative errno. */
int floor_file_copy(const char *s, char **ret, struct err *err);

int floor_file_add_lack(struct floor_file *f, const char *name, struct err *err);

/* Appends an empty entry; NULL: out of memory. */
struct floor_runtime *floor_file_append_runtime(struct floor_file *f);
struct floor_part *floor_file_append_part(struct floor_runtime *rt);

/* Adds a copy. Returns 0 or a negative errno. */
int floor_file_add_either(struct floor_part *part, const struct floor_either *either, struct err *err);

void floor_file_sort_calls(struct floor_part *part);

#endif
