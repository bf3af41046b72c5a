// The floor of the process walk: it lists /proc and reads of every process the files that the watchdog's walk reads,
// and nothing else. Nothing is kept but the count, and nothing is looked at but what decides which files to read.
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { most_walks = 1000, first_room = 64 * 1024, longest = 4 << 20 };

static const unsigned long kernel_thread = 0x00200000; // PF_KTHREAD of the kernel's sched.h

static char *buffer;
static size_t room = first_room;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void *owned(void *memory) {
    if (!memory) fail("memory");
    return memory;
}

// Reads /proc/PID/NAME into the buffer and ends it with a zero byte. Says whether it could.
static int read_file(int root, int pid, const char *name) {
    char path[32];
    snprintf(path, sizeof path, "%d/%s", pid, name);
    int file = openat(root, path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    size_t count = 0;
    for (;;) {
        if (count == room) {
            if (room >= longest) break;
            buffer = owned(realloc(buffer, (room *= 2) + 1));
        }
        size_t left = room - count;
        ssize_t got = read(file, buffer + count, left);
        if (got < 0) {
            close(file);
            return 0;
        }
        count += (size_t)got;
        // The kernel fills what it is given as far as the file goes: less than that is the end.
        if ((size_t)got < left) break;
    }
    close(file);
    buffer[count] = 0;
    return 1;
}

// Whether the stat in the buffer is that of a process with a cgroup and an environment of its own (proc(5)): field 3
// is the state, field 9 the flags, and the command before them may itself hold a parenthesis.
static int is_ordinary(void) {
    const char *field = strrchr(buffer, ')');
    if (!field || field[1] != ' ') return 0;
    char state = field[2];
    field++;
    for (int number = 3; number < 9 && field; number++) field = strchr(field + 1, ' ');
    return field && state != 'Z' && state != 'X' && !(strtoul(field, NULL, 10) & kernel_thread);
}

static int walk(void) {
    DIR *listing = opendir("/proc");
    if (!listing) fail("/proc");
    int root = dirfd(listing);
    int *pids = NULL;
    size_t listed = 0, space = 0;
    for (struct dirent *entry; (entry = readdir(listing));) {
        char *end;
        long pid = strtol(entry->d_name, &end, 10);
        if (*end || pid <= 0) continue;
        if (listed == space) pids = owned(realloc(pids, (space = space ? space * 2 : 1024) * sizeof *pids));
        pids[listed++] = (int)pid;
    }
    int count = 0;
    for (size_t i = 0; i < listed; i++) {
        if (!read_file(root, pids[i], "stat") || !is_ordinary()) continue;
        read_file(root, pids[i], "cgroup");
        read_file(root, pids[i], "environ");
        count++;
    }
    free(pids);
    closedir(listing);
    return count;
}

static double milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int compare(const void *one, const void *other) {
    double difference = *(const double *)one - *(const double *)other;
    return (difference > 0) - (difference < 0);
}

int main(int count, char **words) {
    int walks = count == 2 ? atoi(words[1]) : 0;
    if (walks < 1 || walks > most_walks) {
        fputs("usage: walk WALKS\nprints how many processes the last walk met, and the median of milliseconds\n", stderr);
        return 64;
    }
    buffer = owned(malloc(room + 1));
    double times[most_walks];
    int processes = 0;
    for (int i = 0; i < walks; i++) {
        double began = milliseconds();
        processes = walk();
        times[i] = milliseconds() - began;
    }
    qsort(times, (size_t)walks, sizeof *times, compare);
    printf("%d\t%.3f\n", processes, times[walks / 2]);
}
