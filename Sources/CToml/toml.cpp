#include "CToml.h"

#include <toml++/toml.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>

namespace {

void quote(std::ostream &out, std::string_view text) {
    out << '"';
    for (unsigned char c : text) {
        if (c == '"' || c == '\\') {
            out << '\\' << c;
        } else if (c < 0x20) {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", c);
            out << escaped;
        } else {
            out << c;
        }
    }
    out << '"';
}

void write(std::ostream &out, const toml::node &node) {
    const auto begin = node.source().begin;
    out << "{\"line\":" << begin.line << ",\"column\":" << begin.column << ",\"type\":";
    if (const auto *table = node.as_table()) {
        out << "\"table\",\"value\":{";
        bool first = true;
        for (const auto &[key, value] : *table) {
            if (!first) out << ',';
            first = false;
            quote(out, key.str());
            out << ':';
            write(out, value);
        }
        out << '}';
    } else if (const auto *array = node.as_array()) {
        out << "\"array\",\"value\":[";
        for (size_t i = 0; i < array->size(); i++) {
            if (i) out << ',';
            write(out, (*array)[i]);
        }
        out << ']';
    } else if (const auto *text = node.as_string()) {
        out << "\"string\",\"value\":";
        quote(out, text->get());
    } else if (const auto *integer = node.as_integer()) {
        out << "\"integer\",\"value\":" << integer->get();
    } else if (const auto *number = node.as_floating_point(); number && number->get() - number->get() == 0) {
        out.precision(17);
        out << "\"float\",\"value\":" << number->get();
    } else if (const auto *boolean = node.as_boolean()) {
        out << "\"boolean\",\"value\":" << (boolean->get() ? "true" : "false");
    } else {
        out << "\"other\",\"value\":null";
    }
    out << '}';
}

char *copy(const std::string &text) {
    auto *result = static_cast<char *>(std::malloc(text.size() + 1));
    if (result) std::memcpy(result, text.c_str(), text.size() + 1);
    return result;
}

}  // namespace

char *toml_to_located_json(const char *text, size_t length, char **error) {
    *error = nullptr;
    try {
        const toml::table table = toml::parse(std::string_view(text, length));
        std::ostringstream out;
        out.imbue(std::locale::classic());
        write(out, table);
        return copy(out.str());
    } catch (const toml::parse_error &failure) {
        std::ostringstream out;
        out << failure.source().begin.line << ':' << failure.source().begin.column << ": " << failure.description();
        *error = copy(out.str());
    } catch (const std::exception &failure) {
        *error = copy(std::string("0:0: ") + failure.what());
    }
    return nullptr;
}

void toml_text_free(char *text) {
    std::free(text);
}
