#include "schema_preparation.hpp"

#include <functional>
#include <map>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using nlohmann::json;

namespace {

constexpr int deepest = 300;
constexpr size_t longest_pattern = 4096;

std::string escaped(const std::string &part) {
    std::string text;
    for (char c : part) {
        if (c == '~') text += "~0";
        else if (c == '/') text += "~1";
        else if (c == '%') text += "%25";
        else text += c;
    }
    return text;
}

/* As far as $id needs it: absolute, absolute path, fragment, or relative to the last segment. */
std::string resolve(const std::string &base, const std::string &reference) {
    const auto colon = reference.find(':');
    if (colon != std::string::npos && reference.find_first_of("/?#") > colon) return reference;
    const std::string document = base.substr(0, base.find('#'));
    if (reference.empty()) return document;
    if (reference[0] == '#') return document + reference;
    const auto scheme = document.find("://");
    const auto path = scheme == std::string::npos ? 0 : document.find('/', scheme + 3);
    if (reference[0] == '/') return document.substr(0, path) + reference;
    const auto slash = document.rfind('/');
    if (slash == std::string::npos || (scheme != std::string::npos && slash < scheme + 3)) {
        return scheme == std::string::npos ? reference : document + "/" + reference;
    }
    return document.substr(0, slash + 1) + reference;
}

/* The keywords that hold schemas; `restructure` renames some. */
const std::set<std::string> single = {
    "items", "additionalItems", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else"};
const std::set<std::string> lists = {"allOf", "anyOf", "oneOf", "items"};
const std::set<std::string> maps = {"properties", "patternProperties", "definitions", "$defs", "dependencies"};
const std::set<std::string> moved = {"allOf", "anyOf", "oneOf", "patternProperties"};

std::string moved_name(const std::string &keyword) { return "watchdog:" + keyword; }

using Visit = std::function<void(json &schema, const std::string &pointer, const std::string &base)>;

/* Calls `visit` on every place where the schema holds a schema, and on no other: an enum may hold anything. Once
   `restructured`, what was moved is looked for where it is now, and the chains are passed over. */
void walk(
    json &schema, const std::string &pointer, std::string base, int depth, const Visit &visit, bool restructured = false) {
    if (depth > deepest) throw std::runtime_error("it is nested more than 300 deep");
    if (!schema.is_object()) return;
    const bool reference = schema.contains("$ref") && schema["$ref"].is_string();
    if (!reference && schema.contains("$id") && schema["$id"].is_string()) {
        base = resolve(base, schema["$id"].get<std::string>());
    }
    visit(schema, pointer, base);
    const auto below = [&](const std::string &keyword) {
        return restructured && moved.count(keyword) ? moved_name(keyword) : keyword;
    };
    const auto each = [&](const std::string &name) {
        if (!schema.contains(name) || !schema[name].is_object()) return;
        for (auto &item : schema[name].items()) {
            walk(item.value(), pointer + "/" + name + "/" + escaped(item.key()), base, depth + 1, visit, restructured);
        }
    };
    if (reference) {
        // What stands beside a reference is ignored, but for definitions that others refer to.
        each("definitions");
        each("$defs");
        return;
    }
    for (const std::string &name : single) {
        if (schema.contains(name)) walk(schema[name], pointer + "/" + name, base, depth + 1, visit, restructured);
    }
    for (const std::string &keyword : lists) {
        const std::string name = below(keyword);
        if (!schema.contains(name) || !schema[name].is_array()) continue;
        size_t index = 0;
        for (auto &item : schema[name]) {
            walk(item, pointer + "/" + name + "/" + std::to_string(index++), base, depth + 1, visit, restructured);
        }
    }
    for (const std::string &keyword : maps) each(below(keyword));
}

/* Empty where std::regex takes the pattern. */
std::string refusal(const std::string &pattern) {
    if (pattern.size() > longest_pattern) return "it is longer than 4096 bytes";
    try {
        const std::regex taken(pattern);
        return "";
    } catch (const std::regex_error &failure) {
        return failure.what();
    }
}

void drop_patterns(json &schema, const std::string &pointer, json &unchecked) {
    if (schema.contains("pattern") && schema["pattern"].is_string()) {
        const std::string why = refusal(schema["pattern"].get<std::string>());
        if (!why.empty()) {
            unchecked.push_back({{"path", pointer + "/pattern"}, {"text", why}});
            schema.erase("pattern");
        }
    }
    if (!schema.contains("patternProperties") || !schema["patternProperties"].is_object()) return;
    json &patterns = schema["patternProperties"];
    json kept = json::object();
    for (auto &item : patterns.items()) {
        const std::string why = refusal(item.key());
        if (why.empty()) {
            kept[item.key()] = item.value();
            continue;
        }
        unchecked.push_back({{"path", pointer + "/patternProperties/" + escaped(item.key())}, {"text", why}});
        // Which keys it would have matched is not known, so no key is refused for being unknown.
        schema.erase("additionalProperties");
    }
    patterns = kept;
}

/* A pointer to where its target is once the schema is restructured. */
std::string moved_pointer(const std::string &pointer) {
    enum { in_schema, in_list, in_map, unknown } state = in_schema;
    std::string result;
    size_t start = 0;
    while (start < pointer.size()) {
        const size_t next = std::min(pointer.find('/', start + 1), pointer.size());
        const std::string part = pointer.substr(start + 1, next - start - 1);
        result += "/" + (state == in_schema && moved.count(part) ? moved_name(part) : part);
        if (state == in_list || state == in_map) state = in_schema;
        else if (state == in_schema && maps.count(part)) state = in_map;
        else if (state == in_schema && lists.count(part) && part != "items") state = in_list;
        else if (state == in_schema && part == "items") {
            // A schema, or a list of them: a number follows in a list only.
            const char after = next + 1 < pointer.size() ? pointer[next + 1] : ' ';
            state = after >= '0' && after <= '9' ? in_list : in_schema;
        } else if (state == in_schema && !single.count(part)) state = unknown;
        start = next;
    }
    return result;
}

void collect_keys(const json &value, std::set<std::string> &keys) {
    if (value.is_object()) {
        for (const auto &item : value.items()) {
            keys.insert(item.key());
            collect_keys(item.value(), keys);
        }
    } else if (value.is_array()) {
        for (const auto &item : value) collect_keys(item, keys);
    }
}

/* A reference to a part of the schema; or the part itself, where the library could not follow the pointer. */
json part(json &schema, const std::string &pointer) {
    const bool followed = pointer.find("//") == std::string::npos && (pointer.empty() || pointer.back() != '/');
    return followed ? json{{"$ref", "#" + pointer}} : schema;
}

/* A union of which the first branch never fits, so that its error stands before those of all others. */
json begun(const json &branches) {
    json list = json::array({false});
    for (const json &branch : branches) list.push_back(branch);
    return list;
}

/* A schema that asks for all of several, and of which each is looked at. */
json all_of(const std::vector<json> &links, size_t first, size_t end) {
    if (end - first == 1) return links[first];
    const size_t middle = first + (end - first) / 2;
    json both = json::object();
    both["anyOf"] = begun(json::array({all_of(links, first, middle)}));
    both["oneOf"] = begun(json::array({all_of(links, middle, end)}));
    return both;
}

void restructure(json &schema, const std::string &pointer, const std::set<std::string> &keys) {
    if (schema.contains("$ref") && schema["$ref"].is_string()) return;
    std::vector<json> links;
    for (const std::string name : {"allOf", "anyOf", "oneOf"}) {
        if (!schema.contains(name)) continue;
        if (!schema[name].is_array()) throw std::runtime_error("the value of " + name + " is not a list");
        json &list = schema[moved_name(name)] = schema[name];
        schema.erase(name);
        json branches = json::array();
        for (size_t i = 0; i < list.size(); i++) {
            branches.push_back(part(list[i], pointer + "/" + moved_name(name) + "/" + std::to_string(i)));
        }
        if (name == "allOf") {
            links.insert(links.end(), branches.begin(), branches.end());
        } else {
            json link = json::object();
            link[name] = begun(branches);
            links.push_back(link);
        }
    }
    if (schema.contains("patternProperties") && schema["patternProperties"].is_object()) {
        json &patterns = schema[moved_name("patternProperties")] = schema["patternProperties"];
        schema.erase("patternProperties");
        if (!schema.contains("properties")) schema["properties"] = json::object();
        for (auto &item : patterns.items()) {
            const std::regex pattern(item.key());
            const json found =
                part(item.value(), pointer + "/" + moved_name("patternProperties") + "/" + escaped(item.key()));
            json members = json::object();
            for (const std::string &key : keys) {
                if (!std::regex_search(key, pattern)) continue;
                members[key] = found;
                // So that it is no additional one.
                if (!schema["properties"].contains(key)) schema["properties"][key] = true;
            }
            if (!members.empty()) links.push_back({{"properties", members}});
        }
    }
    if (schema.contains("format")) {
        const json format = schema["format"];
        schema.erase("format");
        if (format == "date" || format == "time" || format == "date-time") {
            links.push_back({{"if", {{"type", "string"}}}, {"then", {{"format", format}}}});
        }
    }
    if (schema.contains("additionalProperties") && schema["additionalProperties"] == false) {
        schema["additionalProperties"] = {{"if", true}, {"then", false}};
    }
    if (links.empty()) return;
    schema["anyOf"] = begun(json::array({all_of(links, 0, links.size())}));
}

}  // namespace

void schema_preparation::prepare(json &schema, const json &instance, json &unchecked) {
    // What each address stands for: a schema with an $id, as a pointer into the document.
    std::map<std::string, std::string> places = {{"", ""}};
    walk(schema, "", "", 0, [&](json &found, const std::string &pointer, const std::string &base) {
        if (found.contains("$ref")) return;
        if (found.contains("$id") && found["$id"].is_string()) {
            std::string address = base;
            if (!address.empty() && address.back() == '#') address.pop_back();
            places.emplace(address, pointer);
        }
        // The library takes the `id` of draft-04 for an address still; in draft-07 it means nothing.
        found.erase("id");
        drop_patterns(found, pointer, unchecked);
    });
    walk(schema, "", "", 0, [&](json &found, const std::string &, const std::string &base) {
        if (!found.contains("$ref") || !found["$ref"].is_string()) return;
        const std::string address = resolve(base, found["$ref"].get<std::string>());
        const auto hash = address.find('#');
        const std::string fragment = hash == std::string::npos ? "" : address.substr(hash + 1);
        // A name that an $id gave, or a pointer below an $id.
        auto place = places.find(address);
        std::string below;
        if (place == places.end() && (fragment.empty() || fragment[0] == '/')) {
            place = places.find(address.substr(0, hash));
            below = fragment;
        }
        if (place != places.end()) found["$ref"] = "#" + moved_pointer(place->second + below);
    });
    std::set<std::string> keys;
    collect_keys(instance, keys);
    walk(
        schema, "", "", 0,
        [&](json &found, const std::string &pointer, const std::string &) { restructure(found, pointer, keys); }, true);
}
