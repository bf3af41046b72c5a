// The floor of the benchmark: what one pass over a healthy fleet has to read, and nothing else. The units that match
// the pattern, all service properties of each, its processes, the last 50 lines that it logged. Nothing is decided,
// kept or written, and one line at the end says how much was read.
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-journal.h>

// dbus-daemon owes one connection at most 128 answers at a time and refuses the calls beyond.
enum { most_in_flight = 100, lines_per_unit = 50 };

struct unit {
    char *name, *path, *cgroup;
};

static struct unit *units;
static size_t unit_count, answers, in_flight;

static void fail(int code, const char *what) {
    fprintf(stderr, "floor: %s: %s\n", what, strerror(code < 0 ? -code : code));
    exit(1);
}

static int must(int code, const char *what) {
    if (code < 0) fail(code, what);
    return code;
}

static void *owned(void *memory) {
    if (!memory) fail(12, "no memory");
    return memory;
}

// Reads every property of the answer, as somebody has to who wants more than one of them.
static int answered(sd_bus_message *reply, void *context, sd_bus_error *error) {
    struct unit *unit = context;
    (void)error;
    in_flight--;
    if (sd_bus_message_is_method_error(reply, NULL)) return 0;
    must(sd_bus_message_enter_container(reply, 'a', "{sv}"), "reading an answer");
    while (must(sd_bus_message_enter_container(reply, 'e', "sv"), "reading an answer") > 0) {
        const char *name, *value;
        must(sd_bus_message_read_basic(reply, 's', &name), "reading an answer");
        if (strcmp(name, "ControlGroup") == 0) {
            must(sd_bus_message_read(reply, "v", "s", &value), "reading an answer");
            unit->cgroup = owned(strdup(value));
        } else {
            must(sd_bus_message_skip(reply, "v"), "reading an answer");
        }
        must(sd_bus_message_exit_container(reply), "reading an answer");
    }
    if (unit->cgroup) answers++;
    return 0;
}

static void step(sd_bus *bus) {
    if (must(sd_bus_process(bus, NULL), "reading from the bus") == 0)
        must(sd_bus_wait(bus, UINT64_MAX), "waiting for the bus");
}

static void list_units(sd_bus *bus, const char *pattern) {
    sd_bus_message *call = NULL, *reply = NULL;
    must(sd_bus_message_new_method_call(bus, &call, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                                        "org.freedesktop.systemd1.Manager", "ListUnitsByPatterns"),
         "preparing a call");
    must(sd_bus_message_append(call, "asas", 0, 1, pattern), "preparing a call");
    must(sd_bus_call(bus, call, 0, NULL, &reply), "listing the units");
    must(sd_bus_message_enter_container(reply, 'a', "(ssssssouso)"), "reading the list");
    const char *name, *path, *text;
    uint32_t number;
    size_t room = 0;
    while (must(sd_bus_message_read(reply, "(ssssssouso)", &name, &text, &text, &text, &text, &text, &path, &number,
                                    &text, &text),
                "reading the list") > 0) {
        if (unit_count == room) units = owned(realloc(units, (room = room ? room * 2 : 64) * sizeof *units));
        units[unit_count++] = (struct unit){owned(strdup(name)), owned(strdup(path)), NULL};
    }
    sd_bus_message_unref(call);
    sd_bus_message_unref(reply);
}

static void ask_properties(sd_bus *bus) {
    for (size_t i = 0; i < unit_count; i++) {
        while (in_flight >= most_in_flight) step(bus);
        must(sd_bus_call_method_async(bus, NULL, "org.freedesktop.systemd1", units[i].path,
                                      "org.freedesktop.DBus.Properties", "GetAll", answered, &units[i], "s",
                                      "org.freedesktop.systemd1.Service"),
             "asking for properties");
        in_flight++;
    }
    while (in_flight > 0) step(bus);
}

// Where cgroup version 2 is mounted: /sys/fs/cgroup itself, or a folder in it on a hybrid host.
static char *cgroup_root(void) {
    FILE *mounts = setmntent("/proc/self/mounts", "r");
    if (!mounts) fail(2, "/proc/self/mounts");
    for (struct mntent *mount; (mount = getmntent(mounts));) {
        if (strcmp(mount->mnt_type, "cgroup2") == 0) {
            char *root = owned(strdup(mount->mnt_dir));
            endmntent(mounts);
            return root;
        }
    }
    fail(2, "a mounted cgroup2");
    return NULL;
}

static int read_processes(const struct unit *unit, const char *root) {
    char path[1024], stat[4096];
    snprintf(path, sizeof path, "%s%s/cgroup.procs", root, unit->cgroup);
    FILE *members = fopen(path, "re");
    if (!members) return 0;
    int pid, count = 0;
    while (fscanf(members, "%d", &pid) == 1) {
        snprintf(path, sizeof path, "/proc/%d/stat", pid);
        FILE *process = fopen(path, "re");
        if (!process) continue;
        if (fread(stat, 1, sizeof stat, process) > 0) count++;
        fclose(process);
    }
    fclose(members);
    return count;
}

static int read_journal(sd_journal *journal, const struct unit *unit) {
    char match[512];
    snprintf(match, sizeof match, "_SYSTEMD_UNIT=%s", unit->name);
    sd_journal_flush_matches(journal);
    must(sd_journal_add_match(journal, match, 0), "searching the journal");
    must(sd_journal_seek_tail(journal), "searching the journal");
    int count = 0;
    while (count < lines_per_unit && must(sd_journal_previous(journal), "reading the journal") > 0) {
        const void *data;
        size_t length;
        must(sd_journal_get_data(journal, "MESSAGE", &data, &length), "reading the journal");
        count++;
    }
    return count;
}

int main(int count, char **words) {
    if (count != 2) {
        fputs("usage: floor PATTERN\n", stderr);
        return 64;
    }
    sd_bus *bus = NULL;
    must(sd_bus_open_system(&bus), "connecting to the system bus");
    list_units(bus, words[1]);
    ask_properties(bus);

    char *root = cgroup_root();
    int processes = 0, lines = 0;
    for (size_t i = 0; i < unit_count; i++)
        if (units[i].cgroup) processes += read_processes(&units[i], root);

    sd_journal *journal = NULL;
    must(sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY), "opening the journal");
    for (size_t i = 0; i < unit_count; i++) lines += read_journal(journal, &units[i]);
    sd_journal_close(journal);
    sd_bus_flush_close_unref(bus);

    printf("%zu agents, %zu answers, %d processes, %d lines\n", unit_count, answers, processes, lines);
    return answers == unit_count ? 0 : 1;
}
