// SPDX-License-Identifier: BSL-1.0
// What daemonkit guarantees of a start beyond by_hand.c, by hand too, with the calls it takes and no more. With
// BENCH_NAMED each guarantee is marked for strace: that program is counted, and never timed.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <time.h>

#ifdef BENCH_NAMED
#define GUARANTEE(name) \
    if (write(-1, "for: " name, sizeof "for: " name - 1) == 0) _exit(1)
#else
#define GUARANTEE(name) (void)0
#endif
#define GUARANTEED() GUARANTEE("")

static char kernel_name[80];

static uint64_t fold(uint64_t hash, const void* bytes, size_t size)
{
    for (size_t i = 0; i < size; ++i) hash = (hash ^ ((const unsigned char*)bytes)[i]) * 1099511628211U;
    return hash;
}

static void __attribute__((noreturn)) refuse(const char* step, int error)
{
    errno = error;
    fail(step);
}

static void guard_caller(void)
{
    struct stat tasks;
    GUARANTEE("a caller with threads is refused: a fork takes only one along");
    if (stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink > 3) refuse("fork with threads", EBUSY);
    GUARANTEE("no file of the daemon becomes somebody's standard output");
    for (int fd = 0; fd <= STDERR_FILENO; ++fd)
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) == -1) fail("open /dev/null");
    GUARANTEE("pid 1 of a container does not fork away");
    if (getpid() == 1) refuse("detach pid 1", EINVAL);
    GUARANTEED();
}

static void refuse_untrusted(const struct stat* s)
{
    const int sticky = S_ISDIR(s->st_mode) && (s->st_mode & S_ISVTX) != 0;
    if (s->st_uid != 0 && s->st_uid != getauxval(AT_EUID)) refuse("use a pid file of others", EPERM);
    if ((s->st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky) refuse("use a pid file that others can replace", EPERM);
}

static int name_socket(const char* name, int (*call)(int, const struct sockaddr*, socklen_t))
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const size_t length = strlen(name);
    const int socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_fd == -1) fail("make a socket");
    memcpy(address.sun_path + 1, name, length);
    if (call(socket_fd, (const struct sockaddr*)&address,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)) == 0)
        return socket_fd;
    close(socket_fd);
    return -1;
}

/// Before the file is touched: each directory on the way to it.
static void guard_path(void)
{
    char path[PATH_MAX];
    GUARANTEE("nobody else can lead the pid file's path elsewhere");
    for (const char* slash = strchr(pid_file + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        struct stat status;
        memcpy(path, pid_file, (size_t)(slash - pid_file));
        path[slash - pid_file] = '\0';
        if (lstat(path, &status) == -1) fail("look at a directory of the pid file");
        if (!S_ISDIR(status.st_mode)) refuse("follow links", ELOOP);
        refuse_untrusted(&status);
    }
    GUARANTEED();
}

/// With the file locked: what it is, and whether a daemon lives whose file was deleted or replaced.
static void guard_file(void)
{
    struct stat file, root, mounts;
    uint64_t place = 14695981039346656037U;
    char real[PATH_MAX];
    GUARANTEE("the pid file is a plain one that only root and the caller can write");
    if (fstat(lock, &file) == -1) fail("look at the pid file");
    if (!S_ISREG(file.st_mode) || file.st_nlink != 1) refuse("use a pid file that is none", EINVAL);
    refuse_untrusted(&file);
    GUARANTEE("a pid file of before says whose it was");
    char record[16];
    if (pread(lock, record, sizeof record, 0) == -1) fail("read the pid file");
    GUARANTEE("no second daemon where the file of the first was deleted");
    if (realpath(pid_file, real) == NULL) fail("resolve the path of the pid file");
    if (stat("/", &root) == -1 || stat("/proc/self/ns/mnt", &mounts) == -1) fail("look at /");
    place = fold(place, real, strlen(real));
    place = fold(fold(place, &root.st_dev, sizeof root.st_dev), &root.st_ino, sizeof root.st_ino);
    place = fold(place, &mounts.st_ino, sizeof mounts.st_ino);
    snprintf(kernel_name, sizeof kernel_name, "by_hand/%llx/%.40s", (unsigned long long)place,
             strrchr(pid_file, '/') + 1);
    if (name_socket(kernel_name, connect) != -1) refuse("start: it runs already", EEXIST);
    GUARANTEE("the pid file's mode does not depend on the umask");
    if (fchmod(lock, 0644) == -1) fail("set the mode of the pid file");
    GUARANTEED();
}

/// In the origin: hears the daemon and its parent at once, for thirty seconds.
static void guard_wait(int ear, pid_t child)
{
    GUARANTEE("a daemon that is late is noticed, and so is the end of the process between");
    const int process = pidfd_open(child, 0);
    struct pollfd any[] = {{ear, POLLIN, 0}, {process, POLLIN, 0}};
    if (process == -1 || poll(any, 2, 30000) < 1) fail("wait for the daemon");
    close(process);
    GUARANTEED();
}

/// In the origin, which has heard enough: the process between may leave.
static void guard_release(int ear)
{
    GUARANTEE("the origin learns how a daemon died");
    close(ear);
    GUARANTEED();
}

/// In the process between, until the origin has heard enough.
static void watch(int ear, pid_t daemon)
{
    GUARANTEE("the origin learns how a daemon died");
    close(ear);
    const int process = pidfd_open(daemon, 0);
    struct pollfd any[] = {{channel, 0, 0}, {process, POLLIN, 0}}; // an error where nobody reads any more
    int status = 0;
    if (process == -1 || poll(any, 2, -1) < 1 || any[1].revents == 0) {
        GUARANTEED();
        return;
    }
    if (waitpid(daemon, &status, 0) == daemon) refuse(strsignal(WTERMSIG(status)), ESRCH);
}

/// In the daemon, which has written its pid: the file belongs to this very process, and a name that nobody can delete.
static void guard_identity(void)
{
    char text[64] = "";
    char own[107];
    struct statfs system;
    struct stat process, directory, file;
    struct timespec times[2] = {{0, UTIME_OMIT}, {0, 0}};
    const pid_t pid = getpid();
    uint64_t all = fold(14695981039346656037U, &pid, sizeof pid);

    GUARANTEE("stop and status believe a pid file only of the very process that wrote it");
    const int self = pidfd_open(pid, 0);
    if (self == -1 || fstatfs(self, &system) == -1 || fstat(self, &process) == -1) fail("identify this process");
    if (system.f_type != 0x50494446 /* PID_FS_MAGIC */) refuse("identify this process", ENOTSUP);
    close(self);
    const int boot = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (boot == -1 || read(boot, text, sizeof text) == -1) fail("identify this boot");
    close(boot);
    const char* const slash = strrchr(pid_file, '/');
    char parent[PATH_MAX];
    memcpy(parent, pid_file, (size_t)(slash - pid_file));
    parent[slash - pid_file] = '\0';
    if (stat(parent, &directory) == -1) fail("look at the directory of the pid file");
    all = fold(fold(all, &process.st_ino, sizeof process.st_ino), text, strlen(text));
    all = fold(fold(all, slash, strlen(slash)), &directory.st_ino, sizeof directory.st_ino);
    clock_gettime(CLOCK_REALTIME, &times[1]);
    times[1].tv_sec -= 1;
    times[1].tv_nsec = (long)(all % 1000000000U);
    if (futimens(lock, times) == -1 || fstat(lock, &file) == -1) fail("stamp the pid file");
    if (file.st_mtim.tv_nsec != times[1].tv_nsec) refuse("stamp the pid file", ENOTSUP);

    GUARANTEE("a daemon is found, and stays alone, though its pid file was deleted");
    snprintf(own, sizeof own, "%s/%d.%lu", kernel_name, (int)pid, (unsigned long)process.st_ino);
    const int names[] = {name_socket(own, bind), name_socket(kernel_name, bind)};
    if (names[0] == -1 || names[1] == -1) refuse("start: it runs already", EEXIST);
    if (shutdown(names[0], SHUT_RDWR) == -1 || shutdown(names[1], SHUT_RDWR) == -1) fail("close a name to others");
    GUARANTEED();
}
