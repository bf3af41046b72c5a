#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

const int linux_o_path = O_PATH;

int linux_open_beneath(int directory, const char *path, uint64_t flags, uint64_t mode) {
    struct open_how how = {
        .flags = flags | O_CLOEXEC,
        .mode = mode,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int linux_rename_exchange(int directory, const char *one, const char *other) {
    return renameat2(directory, one, directory, other, RENAME_EXCHANGE);
}

int linux_rename_noreplace(int directory, const char *from, const char *to) {
    return renameat2(directory, from, directory, to, RENAME_NOREPLACE);
}

int linux_set_file_identity(uid_t user, gid_t group, const gid_t *groups, size_t count) {
    if (geteuid() == 0 && syscall(SYS_setgroups, count, groups) < 0)
        return -1;
    setfsgid(group);
    setfsuid(user);
    /* Both calls return the previous identity whether they worked or not; an invalid argument asks without changing. */
    if ((gid_t)setfsgid((gid_t)-1) != group || (uid_t)setfsuid((uid_t)-1) != user) {
        errno = EPERM;
        return -1;
    }
    return 0;
}

int linux_pidfd_open(pid_t process) {
    return (int)syscall(SYS_pidfd_open, process, 0);
}

int linux_pidfd_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int64_t linux_wall_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void linux_sleep(int64_t microseconds) {
    struct timespec rest = {.tv_sec = microseconds / 1000000, .tv_nsec = microseconds % 1000000 * 1000};
    while (nanosleep(&rest, &rest) == -1 && errno == EINTR) {
    }
}

int linux_getopt_long(int count, char *const *arguments, const char *shorts, const struct option *longs,
                      const char **argument, int *index, int *unknown) {
    opterr = 0;
    int found = getopt_long(count, arguments, shorts, longs, NULL);
    *argument = optarg;
    *index = optind;
    *unknown = optopt;
    return found;
}

void linux_getopt_reset(void) {
    optind = 0;
}
