// Times whole processes, in turns: one run of each program, then the next round. It is a program of its own because
// the kernel counts the memory of a process from its fork on: started by a larger one, a small program looks large.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { most_programs = 8 };

struct program {
    const char *name;
    int every; // it takes part in every so many rounds
    char **words;
};

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static double milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

// What the program prints is added to the file NAME.out. The file is opened before the clock starts.
static void run(const struct program *program, int round) {
    char path[256];
    snprintf(path, sizeof path, "%s.out", program->name);
    int output = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (output < 0) fail(path);
    double began = milliseconds();
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        dup2(output, STDOUT_FILENO);
        execvp(program->words[0], program->words);
        perror(program->words[0]);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) != child) fail("wait4");
    double wall = milliseconds() - began;
    close(output);
    // A program that a signal ended has the status that a shell would give it.
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    double processor = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
                       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
    printf("%s\t%d\t%.3f\t%.3f\t%ld\t%d\n", program->name, round, wall, processor, usage.ru_maxrss, code);
    fflush(stdout);
}

int main(int count, char **words) {
    struct program programs[most_programs];
    int found = 0, i = 3;
    while (i < count) {
        if (strcmp(words[i], "--") != 0 || i + 3 >= count || found == most_programs) break;
        words[i] = NULL; // ends the words of the program before
        programs[found++] = (struct program){words[i + 1], atoi(words[i + 2]), &words[i + 3]};
        for (i += 3; i < count && strcmp(words[i], "--") != 0;) i++;
    }
    if (found == 0 || i < count) {
        fputs("usage: stopwatch WARM-UPS ROUNDS -- NAME EVERY PROGRAM [WORD…] -- …\n"
              "prints a line for each run: name, round (warm-ups below 0), wall ms, processor ms, peak KiB, status\n",
              stderr);
        return 64;
    }
    int warm_ups = atoi(words[1]), rounds = atoi(words[2]);
    for (int round = -warm_ups; round < rounds; round++)
        for (int each = 0; each < found; each++)
            if (round < 0 || round % programs[each].every == 0) run(&programs[each], round);
}
