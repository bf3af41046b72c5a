#include "CToml.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <string>

namespace {
/*
 * The parser guards itself with assertions that some texts trip: they are errors of the text, not of the program. Some
 * stand in functions that may not throw, so the parser is left by a jump, and what it had built until then is lost.
 */
thread_local std::jmp_buf way_out;
[[noreturn]] void leave_parser() { std::longjmp(way_out, 1); }
}  // namespace
#define TOML_ASSERT(condition) \
    do { \
        if (!(condition)) leave_parser(); \
    } while (false)
/* With it some of these conditions would be taken for granted. */
#undef NDEBUG
#include <toml++/toml.h>

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

/* No setting lies deeper; the readers on the other side recurse as well. */
constexpr int deepest = 32;

void write_place(std::ostream &out, const char *name, const toml::source_position &place) {
    out << '"' << name << "\":[" << place.line << ',' << place.column << "],";
}

void write(std::ostream &out, const toml::node &node, const toml::key *key = nullptr, int depth = 0) {
    if (depth > deepest) throw std::runtime_error("tables are nested too deeply");
    const auto begin = node.source().begin;
    out << "{\"line\":" << begin.line << ",\"column\":" << begin.column << ',';
    write_place(out, "end", node.source().end);
    if (key) {
        write_place(out, "keyBegin", key->source().begin);
        write_place(out, "keyEnd", key->source().end);
    }
    out << "\"type\":";
    if (const auto *table = node.as_table()) {
        out << "\"table\",\"value\":{";
        bool first = true;
        for (const auto &[key, value] : *table) {
            if (!first) out << ',';
            first = false;
            quote(out, key.str());
            out << ':';
            write(out, value, &key, depth + 1);
        }
        out << '}';
    } else if (const auto *array = node.as_array()) {
        out << "\"array\",\"value\":[";
        for (size_t i = 0; i < array->size(); i++) {
            if (i) out << ',';
            write(out, (*array)[i], nullptr, depth + 1);
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
    } else if (node.is_floating_point()) {
        out << "\"not finite\",\"value\":null";
    } else if (const auto *boolean = node.as_boolean()) {
        out << "\"boolean\",\"value\":" << (boolean->get() ? "true" : "false");
    } else {
        std::ostringstream text;
        text.imbue(std::locale::classic());
        if (const auto *date = node.as_date()) {
            text << date->get();
        } else if (const auto *time = node.as_time()) {
            text << time->get();
        } else if (const auto *moment = node.as_date_time()) {
            text << moment->get();
        }
        out << "\"other\",\"value\":";
        quote(out, text.str());
    }
    out << '}';
}

/* A key of very many parts makes the parser, and the end of what it made, recurse as often. */
constexpr size_t longest_line = 8192;

char *copy(const std::string &text) {
    auto *result = static_cast<char *>(std::malloc(text.size() + 1));
    if (result) std::memcpy(result, text.c_str(), text.size() + 1);
    return result;
}

}  // namespace

char *toml_to_located_json(const char *text, size_t length, char **error) {
    *error = nullptr;
    size_t line = 0, number = 1;
    for (size_t i = 0; i < length; i++) {
        line = text[i] == '\n' ? 0 : line + 1;
        number += text[i] == '\n';
        if (line > longest_line) {
            *error = copy(std::to_string(number) + ":1: a line is longer than " + std::to_string(longest_line) + " bytes");
            return nullptr;
        }
    }
    if (setjmp(way_out)) {
        *error = copy("1:1: this is not TOML; look for a value without quotes that is very long");
        return nullptr;
    }
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
        *error = copy(std::string("1:1: ") + failure.what());
    }
    return nullptr;
}

void toml_text_free(char *text) {
    std::free(text);
}
