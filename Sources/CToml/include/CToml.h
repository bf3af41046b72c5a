#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Parses TOML with toml++ and gives it back as JSON in which every value carries its place:
 * {"type":"table|array|string|integer|float|boolean|other","value":…,"line":1,"column":1}.
 * On success returns the JSON; on a parse error returns NULL and sets *error to "LINE:COLUMN: description".
 * What is returned belongs to the caller, who frees it with toml_text_free. Throws nothing.
 */
char *toml_to_located_json(const char *text, size_t length, char **error);
void toml_text_free(char *text);

#ifdef __cplusplus
}
#endif
