#pragma once
#include <nlohmann/json.hpp>

namespace schema_preparation {

/*
 * Turns a schema into one by which valijson 1.0 tells all errors and takes everything as draft-07 means it:
 * - references by $id within the document, which the library does not know, become references by pointer;
 * - allOf, which it leaves at the first branch that fails, and patternProperties, which it leaves at the first member
 *   that fails (and then takes the others for unknown), become unions of one branch, which it looks through to the end; for
 *   that, the keys of the instance are needed;
 * - additionalProperties: false, of which it tells one key only, becomes a schema that fails for each;
 * - format is looked at for strings only; patterns that std::regex does not take are left out and listed.
 * Every anyOf and oneOf has a first branch that never fits, by which its errors can be told from others of the same
 * place: see SchemaErrors.swift.
 * Throws std::runtime_error for a schema that is nested too deeply.
 */
void prepare(nlohmann::json &schema, const nlohmann::json &instance, nlohmann::json &unchecked);

}  // namespace schema_preparation
