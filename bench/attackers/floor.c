/* What an end takes the kernel itself: floor PROCESSES MIB CGROUP...
 *
 * Makes a process namespace with so many processes, the first of which has touched so much memory, in these
 * cgroups (the first is of version 2), and ends it by cgroup.kill. Says how many nanoseconds that took, and when
 * nobody was in it any more, from the order on. There is nothing faster to compare with.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000000000ull + (uint64_t)at.tv_nsec;
}

static int opened(const char *folder, const char *name, int how) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int file = open(path, how | O_CLOEXEC);
    if (file < 0) exit(2);
    return file;
}

static void fill(int processes, size_t bytes, int cgroups, char **folders, int ready) {
    for (int at = 0; at < cgroups; at++)
        if (write(opened(folders[at], "cgroup.procs", O_WRONLY), "0", 1) != 1) exit(3);
    if (bytes) {
        volatile char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) exit(4);
        madvise((void *)memory, bytes, MADV_NOHUGEPAGE);
        for (size_t at = 0; at < bytes; at += 4096) memory[at] = 1;
    }
    for (int made = 1; made < processes; made++)
        if (!fork())
            for (;;) pause();
    if (write(ready, "x", 1) != 1) exit(5);
    for (;;) pause();
}

int main(int count, char **words) {
    int channel[2];
    char text[256] = "";
    if (count < 4 || pipe(channel)) return 1;
    pid_t parent = fork();
    if (!parent) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (unshare(CLONE_NEWPID)) _exit(6);
        pid_t first = fork();
        if (!first) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            fill(atoi(words[1]), (size_t)atol(words[2]) << 20, count - 3, words + 3, channel[1]);
        }
        waitpid(first, NULL, 0);
        _exit(0);
    }
    close(channel[1]);
    if (read(channel[0], text, 1) != 1) return 7;
    /* Until the last of them pauses. */
    usleep(20000);
    int events = opened(words[3], "cgroup.events", O_RDONLY), end = opened(words[3], "cgroup.kill", O_WRONLY);
    struct pollfd changed = {events, POLLPRI, 0};
    uint64_t began = now(), ordered;
    if (write(end, "1", 1) != 1) return 8;
    ordered = now();
    for (;;) {
        ssize_t size = pread(events, text, sizeof text - 1, 0);
        text[size > 0 ? size : 0] = 0;
        if (strstr(text, "populated 0")) break;
        poll(&changed, 1, 1);
    }
    printf("%llu %llu\n", (unsigned long long)(ordered - began), (unsigned long long)(now() - began));
    waitpid(parent, NULL, 0);
    return 0;
}
