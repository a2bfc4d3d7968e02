// SPDX-License-Identifier: BSL-1.0
// What makes a process the one that a pid file means, by hand: who can change the file and the way to it, the stamp
// that only one process can have, and the names that nobody can delete. guards.h makes it, guarded_verbs.h looks at it.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/vfs.h>

/// Of the pid file's place, whoever is its daemon; and of a daemon, wherever its file is.
static char kernel_name[80];
struct own_name
{
    char text[32];
};

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

/// Why a file could be changed by others than root and `user`; NULL if it cannot.
static const char* untrusted(const struct stat* s, uid_t user)
{
    const int sticky = S_ISDIR(s->st_mode) && (s->st_mode & S_ISVTX) != 0;
    if (s->st_uid != 0 && s->st_uid != user) return "use a pid file of others";
    if ((s->st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky) return "use a pid file that others can replace";
    return NULL;
}

/// Each directory on the way to the pid file, the last of them into `last`. 0: one is missing. Trusted is beside root
/// `user`; for root, if he looks only, that may be the one user whose way it is.
static int look_at_way(uid_t* user, int looks_only, struct stat* last)
{
    char path[PATH_MAX];
    for (const char* slash = strchr(pid_file + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        memcpy(path, pid_file, (size_t)(slash - pid_file));
        path[slash - pid_file] = '\0';
        if (lstat(path, last) == -1) return 0;
        if (!S_ISDIR(last->st_mode)) refuse("follow links", ELOOP);
        if (looks_only && *user == 0) *user = last->st_uid;
        const char* const reason = untrusted(last, *user);
        if (reason != NULL) refuse(reason, EPERM);
    }
    return 1;
}

/// A socket that has the name, or is connected to the one that has it; -1.
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
    const int error = errno;
    close(socket_fd);
    errno = error;
    return -1;
}

/// After look_at_way(), which has seen no link: so the path is the real one, unless it goes back somewhere.
static void find_kernel_name(void)
{
    struct statx root;
    char resolved[PATH_MAX];
    const char* const real = strstr(pid_file, "/.") == NULL ? pid_file : realpath(pid_file, resolved);
    uint64_t place = 14695981039346656037U;
    if (real == NULL) fail("resolve the path of the pid file");
    if (statx(AT_FDCWD, "/", 0, STATX_INO | STATX_MNT_ID, &root) == -1) fail("look at /");
    place = fold(place, real, strlen(real));
    place = fold(fold(place, &root.stx_mnt_id, sizeof root.stx_mnt_id), &root.stx_ino, sizeof root.stx_ino);
    snprintf(kernel_name, sizeof kernel_name, "by_hand/%llx/%.40s", (unsigned long long)place,
             strrchr(pid_file, '/') + 1);
}

static struct own_name own_name(pid_t pid, ino_t process)
{
    struct own_name name;
    snprintf(name.text, sizeof name.text, "by_hand/%d.%lu", (int)pid, (unsigned long)process);
    return name;
}

/// The inode number of a pidfd, which no other process of this boot has or will have; 0 if this kernel has none.
static ino_t inode_of(int pidfd)
{
    struct statfs system;
    struct stat process;
    if (fstatfs(pidfd, &system) == -1 || fstat(pidfd, &process) == -1) fail("identify a process");
    return system.f_type == 0x50494446 /* PID_FS_MAGIC */ ? process.st_ino : 0;
}

/// The nanoseconds of the file that this process of this boot wrote into this place.
static long stamp_of(pid_t pid, ino_t process, ino_t directory)
{
    char text[64] = "";
    uint64_t all = fold(14695981039346656037U, &pid, sizeof pid);
    const char* const name = strrchr(pid_file, '/');
    const int boot = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (boot == -1 || read(boot, text, sizeof text - 1) == -1) fail("identify this boot");
    close(boot);
    all = fold(fold(all, &process, sizeof process), text, strlen(text));
    all = fold(fold(all, name, strlen(name)), &directory, sizeof directory);
    return (long)(all % 1000000000U);
}
