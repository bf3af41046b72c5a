#pragma once
#include <getopt.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What the Linux kernel and glibc offer and Swift cannot import: variadic syscall(2), per-thread credentials,
 * structures that glibc 2.36 has no header for, and getopt_long's global variables (mutable globals are an error in
 * Swift 6). Every function returns what the call returns; on failure that is negative, with the reason in errno.
 */

/* openat2(2) with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS: no link anywhere on the way. */
int linux_open_beneath(int directory, const char *path, uint64_t flags, uint64_t mode);

/* O_PATH of open(2), which glibc shows only to _GNU_SOURCE. */
extern const int linux_o_path;

/* renameat2(2) with RENAME_EXCHANGE or RENAME_NOREPLACE. */
int linux_rename_exchange(int directory, const char *one, const char *other);
/* A file's POSIX access control list as the kernel hands it out (acl(5), xattr(7)); does not follow a link. */
ssize_t linux_get_access_list(const char *path, void *list, size_t size);
int linux_set_access_list(int file, const void *list, size_t size);

int linux_rename_noreplace(int directory, const char *from, const char *to);

/*
 * The file system identity of the calling thread alone: setfsuid(2), setfsgid(2) and setgroups(2) as raw system
 * calls, so that no other thread changes with it. Returns 0 only when the identity is what was asked for.
 */
int linux_set_file_identity(uid_t user, gid_t group, const gid_t *groups, size_t count);

int linux_pidfd_open(pid_t process);
int linux_pidfd_signal(int pidfd, int signal);

/*
 * Starts a program as a user, in a session of its own, with nothing of this process but its output: fork(2), and in the
 * child only what is safe there. The program ends with its parent. Returns its PID; or -1 with errno, also where the program itself could not be started.
 */
pid_t linux_spawn_as(uid_t user, gid_t group, const gid_t *groups, size_t count, const char *folder, const char *path,
                     char *const *arguments, char *const *environment, int output);

/* A pipe whose ends no program inherits, and whose first end never waits (pipe2(2)). */
int linux_pipe(int ends[2]);

/* Whether a child has ended; its PID stays its own until it is reaped (waitid(2), WNOWAIT). */
int linux_has_ended(pid_t child);
/* Waits for the end of a child: its exit status, or 128 and the signal that ended it; -1 with errno. */
int linux_reap(pid_t child);

/*
 * The wall clock, and a sleep that no signal shortens, both in microseconds. `struct timespec` has several owners among
 * the C modules that a Swift module sees, and which one is asked for depends on the order in which they are loaded.
 */
int64_t linux_wall_clock(void);
void linux_sleep(int64_t microseconds);

/* One step of getopt_long(3) that permutes nothing and prints nothing. `argument` and `index` are set as optarg and optind. */
int linux_getopt_long(int count, char *const *arguments, const char *shorts, const struct option *longs,
                      const char **argument, int *index, int *unknown);
void linux_getopt_reset(void);
