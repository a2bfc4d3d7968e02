// SPDX-License-Identifier: BSL-1.0
#define _GNU_SOURCE
#include "writer.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { digits = 10, lines_between_looks = 256 };

static char line[line_length];
static uint32_t latencies[most_lines];
static struct log_report report;

static const char* setting(const char* name)
{
    const char* const value = getenv(name);
    if (value != NULL) return value;
    fprintf(stderr, "%s is not set\n", name);
    exit(2);
}

static void must(int holds, const char* what)
{
    if (holds) return;
    perror(what);
    exit(1);
}

static uint64_t now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void next_number(void)
{
    int at = digits - 1;
    while (at > 0 && line[at] == '9') line[at--] = '0';
    ++line[at];
}

static void write_to_descriptors(uint64_t number)
{
    must(write(number % 2 == 0 ? 1 : 2, line, sizeof line) == sizeof line, "write a line");
}

static void write_to_stdout(uint64_t number)
{
    (void)number;
    must(fwrite(line, sizeof line, 1, stdout) == 1, "write a line");
}

/// A latency reaches from the end of one write to the end of the next: one look at the clock a line.
static void write_lines(void (*write_one)(uint64_t), log_look look, void* daemon)
{
    report.begin = now(CLOCK_MONOTONIC);
    uint64_t before = report.begin;
    for (uint64_t number = 0; number < report.lines; ++number) {
        next_number();
        write_one(number);
        const uint64_t after = now(CLOCK_MONOTONIC);
        latencies[number] = (uint32_t)(after - before);
        before = after;
        if (look == NULL || number % lines_between_looks != 0) continue;
        if (look(daemon, 0) == 0) exit(3); // it is not ended early
        before = now(CLOCK_MONOTONIC);
    }
    report.end = now(CLOCK_MONOTONIC);
}

static void* in_thread(void* unused)
{
    write_lines(write_to_descriptors, NULL, NULL);
    must(kill(getpid(), SIGTERM) == 0, "end the daemon");
    return unused;
}

void write_log(log_look look, void* daemon)
{
    const char* const mode = setting("MODE");
    const int file = open(setting("REPORT"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    report.lines = strtoull(setting("LINES"), NULL, 10);
    must(file != -1 && report.lines <= most_lines, "make the report");
    memset(line, '0', digits);
    memset(line + digits, '.', sizeof line - digits);
    line[sizeof line - 1] = '\n';
    memset(latencies, 1, report.lines * sizeof latencies[0]); // its pages are there before anything is timed

    const uint64_t cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    if (strcmp(mode, "thread") == 0) {
        pthread_t writer;
        must(pthread_create(&writer, NULL, in_thread, NULL) == 0, "make a thread");
        while (look(daemon, 1) != 0) {}
        pthread_join(writer, NULL);
    } else {
        write_lines(strcmp(mode, "stdio") == 0 ? write_to_stdout : write_to_descriptors, look, daemon);
    }
    report.cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    const size_t size = report.lines * sizeof latencies[0];
    must(write(file, &report, sizeof report) == sizeof report && write(file, latencies, size) == (ssize_t)size,
         "write the report");
    close(file);
}
