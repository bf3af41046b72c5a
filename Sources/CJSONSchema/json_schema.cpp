#include "CJSONSchema.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <new>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define VALIJSON_USE_EXCEPTIONS 1
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "schema_preparation.hpp"

using nlohmann::json;

namespace {

/* More than any report of the errors that are told; a child that writes more is broken. */
constexpr size_t longest_answer = 4 << 20;
constexpr size_t longest_text = 2000;

std::string written(const json &answer) { return answer.dump(-1, ' ', false, json::error_handler_t::replace); }

std::string outcome(const char *name, const std::string &detail) {
    return written({{"outcome", name}, {"detail", detail.substr(0, longest_text)}});
}

/* valijson has the place of an error as "<root>", "[key]", "[0]". */
json path(const std::vector<std::string> &context) {
    json parts = json::array();
    for (size_t i = 1; i < context.size(); i++) {
        const std::string &part = context[i];
        parts.push_back(part.size() >= 2 ? part.substr(1, part.size() - 2) : part);
    }
    return parts;
}

std::string check(const std::string &schema_text, const std::string &instance_text, unsigned most) {
    json schema, instance, unchecked = json::array();
    try {
        instance = json::parse(instance_text);
    } catch (const std::exception &failure) {
        return outcome("instance", failure.what());
    }
    valijson::Schema parsed;
    try {
        schema = json::parse(schema_text);
        schema_preparation::prepare(schema, instance, unchecked);
        valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
        parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(schema), parsed);
    } catch (const std::exception &failure) {
        return outcome("schema", failure.what());
    }

    valijson::ValidationResults results;
    bool valid = false, more = false;
    try {
        valijson::Validator validator;
        valid = validator.validate(parsed, valijson::adapters::NlohmannJsonAdapter(instance), &results);
    } catch (const std::bad_alloc &) {
        // So many errors that they do not fit: those that were found are told.
        more = true;
    }
    if (more && results.numErrors() == 0) return outcome("ended", "out of memory");
    json errors = json::array();
    size_t bytes = 0;
    valijson::ValidationResults::Error error;
    while (results.popError(error)) {
        if (errors.size() >= most || bytes > longest_answer / 2) {
            more = true;
            break;
        }
        json place = path(error.context);
        for (const auto &part : place) bytes += part.get_ref<const std::string &>().size() * 6 + 8;
        bytes += error.description.size() * 6 + 40;
        errors.push_back({{"path", place}, {"text", error.description.substr(0, longest_text)}});
    }
    return written(
        {{"outcome", valid ? "valid" : "invalid"}, {"errors", errors}, {"more", more}, {"unchecked", unchecked}});
}

size_t bytes_in_use() {
    size_t pages = 0;
    if (FILE *file = std::fopen("/proc/self/statm", "re")) {
        if (std::fscanf(file, "%zu", &pages) != 1) pages = 0;
        std::fclose(file);
    }
    return pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

void limit(int resource, rlim_t amount) {
    const struct rlimit value = {amount, amount};
    setrlimit(static_cast<__rlimit_resource>(resource), &value);
}

/* Recursion follows the depth of the instance and of the schema; the stack of the caller may be a small one. */
constexpr size_t stack_bytes = 64 << 20;

struct Work {
    const std::string &schema, &instance;
    unsigned errors;
    std::string text;
};

void *work(void *context) {
    auto *work = static_cast<Work *>(context);
    try {
        work->text = check(work->schema, work->instance, work->errors);
    } catch (const std::exception &failure) {
        work->text = outcome("ended", failure.what());
    }
    return nullptr;
}

/* The child's life; it leaves with _exit, so that nothing of the parent is flushed or destroyed twice. */
[[noreturn]] void run_child(
    int answer, const std::string &schema, const std::string &instance, const json_schema_limits &limits) {
    // The parent's handlers are not for here: a fault must end the child, quickly and without a word.
    for (int signal = 1; signal < NSIG; signal++) ::signal(signal, SIG_DFL);
    ::signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, limits.milliseconds / 1000 + 2);
    limit(RLIMIT_AS, bytes_in_use() + stack_bytes + limits.bytes);
    Work checking = {schema, instance, limits.errors, ""};
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack_bytes);
    if (pthread_create(&thread, &attributes, work, &checking) != 0) _exit(1);
    pthread_join(thread, nullptr);
    const std::string &text = checking.text;
    size_t sent = 0;
    while (sent < text.size()) {
        const ssize_t count = write(answer, text.data() + sent, text.size() - sent);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) _exit(1);
        sent += static_cast<size_t>(count);
    }
    _exit(0);
}

long long now() {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

/* What the child sends, until it closes the pipe or the time is up. */
bool receive(int pipe, unsigned milliseconds, std::string &text) {
    const long long end = now() + milliseconds;
    char buffer[65536];
    while (true) {
        const long long left = end - now();
        if (left <= 0) return false;
        struct pollfd wait = {pipe, POLLIN, 0};
        const int ready = poll(&wait, 1, static_cast<int>(left));
        if (ready < 0 && errno != EINTR) return false;
        if (ready <= 0) continue;
        const ssize_t count = read(pipe, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return true;
        text.append(buffer, static_cast<size_t>(count));
        if (text.size() > longest_answer) return true;
    }
}

std::string checked_in_child(
    const std::string &schema, const std::string &instance, const json_schema_limits &limits) {
    int pipe[2];
    if (pipe2(pipe, O_CLOEXEC) != 0) return outcome("system", std::strerror(errno));
    // No handler of the parent may run in the child before it has put them away.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t child = fork();
    const int failure = errno;
    if (child == 0) {
        close(pipe[0]);
        run_child(pipe[1], schema, instance, limits);
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    close(pipe[1]);
    if (child < 0) {
        close(pipe[0]);
        return outcome("system", std::strerror(failure));
    }
    std::string text;
    const bool in_time = receive(pipe[0], limits.milliseconds, text);
    close(pipe[0]);
    if (!in_time) kill(child, SIGKILL);
    int status = 0;
    pid_t waited;
    do {
        waited = waitpid(child, &status, 0);
    } while (waited < 0 && errno == EINTR);
    if (!in_time) return outcome("time", "");
    const bool whole = waited == child ? WIFEXITED(status) && WEXITSTATUS(status) == 0 : !text.empty();
    if (whole) return text;
    return outcome("ended", WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "");
}

}  // namespace

char *json_schema_check(
    const char *schema, size_t schema_length, const char *instance, size_t instance_length,
    const struct json_schema_limits *limits) {
    std::string answer;
    try {
        answer = checked_in_child(
            std::string(schema, schema_length), std::string(instance, instance_length), *limits);
    } catch (...) {
        return nullptr;
    }
    auto *result = static_cast<char *>(std::malloc(answer.size() + 1));
    if (result) std::memcpy(result, answer.c_str(), answer.size() + 1);
    return result;
}

void json_schema_free(char *answer) { std::free(answer); }
