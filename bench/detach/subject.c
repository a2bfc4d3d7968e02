// SPDX-License-Identifier: BSL-1.0
#define _GNU_SOURCE
#include "subject.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char** environ;

static struct subject_report report;
static struct subject_descriptors descriptors;
static volatile unsigned char* memory;
static size_t size;
static int writes_early;

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int64_t page_faults(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_minflt + used.ru_majflt;
}

/// In one call where the kernel can (Linux 5.14), which takes two thirds of the time.
static void write_all(volatile unsigned char* place, size_t bytes)
{
    if (madvise((void*)(uintptr_t)place, bytes, MADV_POPULATE_WRITE) == 0) return;
    for (size_t at = 0; at < bytes; at += 4096) place[at] = 1;
}

/// A process that has just written much memory goes on with cold caches. This is how a process without any gets those.
static void cool_down(void)
{
    const size_t much = 256 << 20;
    void* const place = mmap(NULL, much, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED) return;
    write_all(place, much);
    munmap(place, much);
}

static void hold_memory(const char* pages)
{
    if (strcmp(pages, "cold") == 0) cool_down();
    if (size == 0) return;
    const size_t huge_page = 2 << 20;
    char* const place = mmap(NULL, size + huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    char* const begin = place + (huge_page - (uintptr_t)place % huge_page) % huge_page;
    if (madvise(begin, size, strcmp(pages, "huge") == 0 ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) == -1) {
        perror("madvise");
        exit(1);
    }
    memory = (volatile unsigned char*)begin;
    write_all(memory, size);
}

/// Calls act(begin, size) for each mapping of a file that is only read: the code and constants of this program.
static void each_code(int (*act)(void*, size_t))
{
    FILE* const maps = fopen("/proc/self/maps", "re");
    unsigned long begin, end;
    char mode[5], line[512];
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL)
        if (sscanf(line, "%lx-%lx %4s", &begin, &end, mode) == 3 && mode[1] == '-' && strchr(line, '/') != NULL)
            act((void*)begin, end - begin);
    if (maps != NULL) fclose(maps);
}

/// While the memory is filled no code below is used, and a machine that pages out what is cold would have to read it
/// again from its disk: of a program that runs it is there. A user without the right to lock memory goes without.
static int keep(void* begin, size_t length) { return mlock(begin, length); }

/// A process that detaches has no locked memory, and the entries of its page tables.
static int recall(void* begin, size_t length)
{
    munlock(begin, length);
    return madvise(begin, length, MADV_POPULATE_READ);
}

/// The same way in a process without memory, to its end. After gigabytes were written, the code of this program and of
/// the kernel is cold: a detachment took 1 to 5 ms then, and 0.2 to 0.5 ms after this.
static void rehearse(const char* program, const char* way)
{
    int pipe[2];
    pid_t child;
    char rest[sizeof report];
    char* const argv[] = {(char*)(uintptr_t)program, (char*)(uintptr_t)way, "0", "small", "late", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (pipe2(pipe, O_CLOEXEC) == -1 || posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO) != 0 ||
        posix_spawn(&child, program, &actions, NULL, argv, environ) != 0) {
        fprintf(stderr, "cannot rehearse %s\n", way); // it would be measured with cold code
        exit(1);
    }
    close(pipe[1]);
    while (read(pipe[0], rest, sizeof rest) > 0) {}
    waitpid(child, NULL, 0);
    close(pipe[0]);
    posix_spawn_file_actions_destroy(&actions);
}

struct subject_descriptors subject_begin(int argc, char** argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: %s WAY BYTES small|huge|cold early|late\n", argv[0]);
        exit(2);
    }
    size = strtoull(argv[2], NULL, 10);
    writes_early = strcmp(argv[4], "early") == 0;
    descriptors.report = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    descriptors.launcher = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (descriptors.report == -1 || descriptors.launcher == -1) {
        perror("open descriptors");
        exit(1);
    }
    each_code(keep);
    hold_memory(argv[3]);
    each_code(recall);
    for (int times = size != 0 ? 3 : 0; times > 0; --times) rehearse(argv[0], argv[1]);
    return descriptors;
}

// Every second write of all goes to the early ones, so that no page is written twice.
static void write_to_memory(size_t first, int64_t* duration, int64_t* faults)
{
    if (size == 0) return;
    const size_t step = size / (2 * SUBJECT_WRITES);
    const int64_t faults_before = page_faults();
    const int64_t before = now();
    for (size_t i = 0; i < SUBJECT_WRITES; ++i) memory[(2 * i + first) * step] = 2;
    *duration = now() - before;
    *faults = page_faults() - faults_before;
}

void subject_asks(void) { report.asks = report.detaches = now(); }

void subject_detaches(void) { report.detaches = now(); }

void subject_runs(void) { report.runs = now(); }

void subject_initialises(void)
{
    if (writes_early) write_to_memory(0, &report.early_time, &report.early_faults);
}

void subject_serves(void)
{
    struct pollfd launcher = {descriptors.launcher, POLLIN, 0};
    while (poll(&launcher, 1, -1) != 1) {}
    report.gone = now();
    write_to_memory(1, &report.late_time, &report.late_faults);
    if (write(descriptors.report, &report, sizeof report) != sizeof report) _exit(1);
}
