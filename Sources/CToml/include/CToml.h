#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Parses TOML with toml++ and gives it back as JSON in which every value carries its place:
 * {"type":"table|array|string|integer|float|not finite|boolean|other","value":…,"line":1,"column":1,"end":[1,9]},
 * and a value of a table the place of its key as well: "keyBegin":[1,1],"keyEnd":[1,4]. Columns count characters, and
 * an end lies behind the last one. The value of "other", which is a date or a time, is its text.
 * On success returns the JSON; on a parse error returns NULL and sets *error to "LINE:COLUMN: description".
 * What is returned belongs to the caller, who frees it with toml_text_free. Throws nothing.
 */
char *toml_to_located_json(const char *text, size_t length, char **error);
void toml_text_free(char *text);

#ifdef __cplusplus
}
#endif
