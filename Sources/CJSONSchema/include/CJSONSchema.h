#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct json_schema_limits {
    /* Wall clock for one check; past it the check is given up. */
    unsigned milliseconds;
    /* Errors told; valijson itself goes on to the end. */
    unsigned errors;
    /* Memory beyond what the process has. */
    size_t bytes;
};

/*
 * Checks an instance against a schema of JSON Schema draft-07 with valijson, both JSON texts. What comes back is JSON:
 *   {"outcome":"valid|invalid|schema|instance|time|ended|system","detail":"…","more":false,
 *    "errors":[{"path":["key","0"],"text":"…"}],"unchecked":[{"path":"/properties/x/pattern","text":"…"}]}
 * `schema` and `instance` say that this text could not be taken, `time` that the time was up, `ended` that the check
 * broke off (memory, or recursion without end), `system` that it could not be started. `unchecked` lists patterns that
 * the regular expressions of C++ do not know; they are left out. References beyond the schema itself are refused:
 * nothing is ever fetched.
 *
 * The check runs in a child process, since neither recursion nor regular expressions are bounded in the library. The
 * answer belongs to the caller, who frees it with json_schema_free; NULL means that there is no memory. Throws nothing.
 */
char *json_schema_check(
    const char *schema, size_t schema_length, const char *instance, size_t instance_length,
    const struct json_schema_limits *limits);
void json_schema_free(char *answer);

#ifdef __cplusplus
}
#endif
