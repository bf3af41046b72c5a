/* Speaks as the manager of a user's units does, and says of one running unit what it is told to say.
 *
 *     liar SOCKET UNIT MAINPID CGROUP
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

static const char *unit, *cgroup;
static uint32_t main_pid;
static uint64_t started; /* µs since 1970 */

static const char *const texts[][2] = {
    {"LoadState", "loaded"}, {"ActiveState", "active"}, {"SubState", "running"}, {"UnitFileState", "enabled"},
    {"KillMode", "mixed"}, {"Type", "simple"}, {"Result", "success"}, {"Restart", "always"},
    {"Version", "252"},
};
static const char *const times[] = {
    "ActiveEnterTimestamp", "InactiveExitTimestamp", "StateChangeTimestamp", "ExecMainStartTimestamp",
    "UserspaceTimestamp", "TimeoutStartUSec", "TimeoutStopUSec",
};
static const char *const lists[] = {
    "Environment", "DropInPaths", "TriggeredBy", "PassEnvironment", "UnsetEnvironment",
};

/* A variant; what it has no word on is an empty text. */
static int append(sd_bus_message *reply, const char *name) {
    if (!strcmp(name, "MainPID")) return sd_bus_message_append(reply, "v", "u", main_pid);
    if (!strcmp(name, "NRestarts")) return sd_bus_message_append(reply, "v", "u", 0);
    if (!strcmp(name, "ExecMainStatus")) return sd_bus_message_append(reply, "v", "i", 0);
    if (!strcmp(name, "ControlGroup")) return sd_bus_message_append(reply, "v", "s", cgroup);
    if (!strcmp(name, "Job")) return sd_bus_message_append(reply, "v", "(uo)", 0, "/");
    if (!strcmp(name, "InvocationID")) return sd_bus_message_append(reply, "v", "ay", 2, 0xba, 0xd0);
    if (!strcmp(name, "EnvironmentFiles")) return sd_bus_message_append(reply, "v", "a(sb)", 0);
    if (!strcmp(name, "ExecStart")) return sd_bus_message_append(reply, "v", "a(sasbttttuii)", 0);
    if (!strncmp(name, "LoadCredential", 14)) return sd_bus_message_append(reply, "v", "a(ss)", 0);
    if (!strncmp(name, "SetCredential", 13)) return sd_bus_message_append(reply, "v", "a(say)", 0);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (!strcmp(name, times[i])) return sd_bus_message_append(reply, "v", "t", started);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (!strcmp(name, lists[i])) return sd_bus_message_append(reply, "v", "as", 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strcmp(name, texts[i][0])) return sd_bus_message_append(reply, "v", "s", texts[i][1]);
    return sd_bus_message_append(reply, "v", "s", "");
}

static int append_all(sd_bus_message *reply) {
    static const char *const others[] = {
        "MainPID", "NRestarts", "ExecMainStatus", "ControlGroup", "Job", "InvocationID",
    };
    int result = sd_bus_message_open_container(reply, 'a', "{sv}");
#define EACH(names, name)                                                                    \
    for (size_t i = 0; result >= 0 && i < sizeof names / sizeof *names; i++) {               \
        result = sd_bus_message_open_container(reply, 'e', "sv");                            \
        if (result >= 0) result = sd_bus_message_append(reply, "s", name);                   \
        if (result >= 0) result = append(reply, name);                                       \
        if (result >= 0) result = sd_bus_message_close_container(reply);                     \
    }
    EACH(others, others[i])
    EACH(times, times[i])
    EACH(lists, lists[i])
    EACH(texts, texts[i][0])
    return result < 0 ? result : sd_bus_message_close_container(reply);
}

static int answer(sd_bus_message *call) {
    const char *member = sd_bus_message_get_member(call), *name = NULL;
    sd_bus_message *reply = NULL;
    int result = sd_bus_message_new_method_return(call, &reply);
    if (result < 0) return result;
    if (!strncmp(member, "ListUnitsBy", 11)) {
        result = sd_bus_message_append(reply, "a(ssssssouso)", 1, unit, "an honest gateway", "loaded",
                                       "active", "running", "", "/org/freedesktop/systemd1/unit/lie", 0,
                                       "", "/");
    } else if (!strcmp(member, "Get")) {
        result = sd_bus_message_skip(call, "s");
        if (result >= 0) result = sd_bus_message_read(call, "s", &name);
        if (result >= 0) result = append(reply, name);
    } else if (!strcmp(member, "GetAll")) {
        result = append_all(reply);
    } else {
        sd_bus_message_unref(reply);
        return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_UNKNOWN_METHOD, "%s is not known here.", member);
    }
    if (result >= 0) result = sd_bus_send(NULL, reply, NULL);
    sd_bus_message_unref(reply);
    return result;
}

static int serve(int descriptor) {
    sd_bus *bus = NULL;
    sd_id128_t id;
    sd_bus_message *message;
    int result = sd_id128_randomize(&id);
    if (result < 0 || (result = sd_bus_new(&bus)) < 0 ||
        (result = sd_bus_set_fd(bus, descriptor, descriptor)) < 0 ||
        (result = sd_bus_set_server(bus, 1, id)) < 0 || (result = sd_bus_start(bus)) < 0)
        return result;
    for (;;) {
        message = NULL;
        result = sd_bus_process(bus, &message);
        if (result < 0) return result;
        if (message && sd_bus_message_is_method_call(message, NULL, NULL) > 0) answer(message);
        sd_bus_message_unref(message);
        if (result == 0 && (result = sd_bus_wait(bus, UINT64_MAX)) < 0) return result;
    }
}

int main(int count, char **words) {
    if (count != 5) return 64;
    unit = words[2];
    main_pid = (uint32_t) atoi(words[3]);
    cgroup = words[4];
    started = ((uint64_t) time(NULL) - 600) * 1000000;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", words[1]);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(words[1]);
    if (listener < 0 || bind(listener, (struct sockaddr *) &address, sizeof address) < 0 ||
        listen(listener, 16) < 0) {
        perror(words[1]);
        return 1;
    }
    signal(SIGCHLD, SIG_IGN);
    puts("lying");
    fflush(stdout);
    for (;;) {
        int descriptor = accept(listener, NULL, NULL);
        if (descriptor < 0) return 1;
        /* Each connection has a process of its own: several may be open at once. */
        if (fork() == 0) {
            close(listener);
            _exit(serve(descriptor) < 0);
        }
        close(descriptor);
    }
}
