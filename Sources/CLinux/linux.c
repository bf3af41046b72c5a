#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
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

static const char access_list[] = "system.posix_acl_access";

ssize_t linux_get_access_list(const char *path, void *list, size_t size) {
    return lgetxattr(path, access_list, list, size);
}

int linux_set_access_list(int file, const void *list, size_t size) {
    return fsetxattr(file, access_list, list, size, 0);
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

/* In the child of a fork; comes back only where something failed. */
static void become(uid_t user, gid_t group, const gid_t *groups, size_t count, const char *folder, const char *path,
                   char *const *arguments, char *const *environment, int output, int report) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setsid();
    umask(077);
    struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
        return;
    if (report != 3 && dup3(report, 3, O_CLOEXEC) < 0)
        return;
    syscall(SYS_close_range, 4u, ~0u, 0u);
    if (geteuid() == 0 &&
        (syscall(SYS_setgroups, count, groups) < 0 || syscall(SYS_setresgid, group, group, group) < 0 ||
         syscall(SYS_setresuid, user, user, user) < 0))
        return;
    /* Only now: a change of credentials would clear it (prctl(2)). */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (chdir(folder) < 0 && chdir("/") < 0)
        return;
    execve(path, arguments, environment);
}

pid_t linux_spawn_as(uid_t user, gid_t group, const gid_t *groups, size_t count, const char *folder, const char *path,
                     char *const *arguments, char *const *environment, int output) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        become(user, group, groups, count, folder, path, arguments, environment, output, report[1]);
        int reason = errno;
        ssize_t ignored = write(3, &reason, sizeof reason);
        (void)ignored;
        _exit(127);
    }
    int reason = child < 0 ? errno : 0;
    close(report[1]);
    if (child > 0) {
        /* The end of the pipe closes with the exec. */
        int why;
        ssize_t got;
        while ((got = read(report[0], &why, sizeof why)) < 0 && errno == EINTR) {
        }
        if (got == (ssize_t)sizeof why) {
            reason = why;
            while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
            }
        }
    }
    close(report[0]);
    if (reason == 0)
        return child;
    errno = reason;
    return -1;
}

int linux_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC) < 0 ? -1 : fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

int linux_has_ended(pid_t child) {
    siginfo_t found = {.si_pid = 0};
    return waitid(P_PID, (id_t)child, &found, WEXITED | WNOHANG | WNOWAIT) < 0 || found.si_pid == child;
}

int linux_reap(pid_t child) {
    int raw;
    while (waitpid(child, &raw, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
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
