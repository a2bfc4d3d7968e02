// SPDX-License-Identifier: BSL-1.0
// What makes a process the one that a pid file means, by hand: the owners of the file and its directories, the stamp
// that only one process can have, and the names that no process can delete. guards.h makes it, guarded_verbs.h looks at
// it.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/vfs.h>

/// Of the place of the pid file, for any daemon; and of a daemon, wherever its file is.
static char kernel_name[80];
struct own_name
{
    char text[112];
};

/// The directory that is mounted where the pid file lies: the path means another place in another mount namespace.
static struct
{
    uint32_t major, minor;
    uint64_t inode;
    size_t length; ///< of the path of the mount point; 0: "/"
} mounted;

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
static const char* untrusted(uid_t owner, mode_t mode, uid_t user)
{
    const int sticky = S_ISDIR(mode) && (mode & S_ISVTX) != 0;
    if (owner != 0 && owner != user) return "use a pid file of others";
    if ((mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky) return "use a pid file that others can replace";
    return NULL;
}

/// Each directory on the way to the pid file, the last of them into `last`, and where a mount begins into `mounted`. 0:
/// one is missing. Trusted is beside root `user`; for root, if it only looks, the one user with directories on the way.
static int look_at_way(uid_t* user, int looks_only, struct statx* last)
{
    char path[PATH_MAX];
    mounted.inode = 0;
    for (const char* slash = strchr(pid_file + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        memcpy(path, pid_file, (size_t)(slash - pid_file));
        path[slash - pid_file] = '\0';
        if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, last) == -1) return 0;
        if (!S_ISDIR(last->stx_mode)) refuse("follow links", ELOOP);
        if (looks_only && *user == 0) *user = last->stx_uid;
        const char* const reason = untrusted(last->stx_uid, last->stx_mode, *user);
        if (reason != NULL) refuse(reason, EPERM);
        if ((last->stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0) continue;
        mounted.major = last->stx_dev_major;
        mounted.minor = last->stx_dev_minor;
        mounted.inode = last->stx_ino;
        mounted.length = (size_t)(slash - pid_file);
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
    char resolved[PATH_MAX];
    const char* const real = strstr(pid_file, "/.") == NULL ? pid_file : realpath(pid_file, resolved);
    uint64_t place = 14695981039346656037U;
    if (real == NULL) fail("resolve the path of the pid file");
    if (mounted.inode == 0) {
        struct statx root;
        if (statx(AT_FDCWD, "/", 0, STATX_INO, &root) == -1) fail("look at /");
        mounted.major = root.stx_dev_major;
        mounted.minor = root.stx_dev_minor;
        mounted.inode = root.stx_ino;
        mounted.length = 0;
    }
    place = fold(place, real + mounted.length, strlen(real + mounted.length));
    place = fold(fold(place, &mounted.major, sizeof mounted.major), &mounted.minor, sizeof mounted.minor);
    place = fold(place, &mounted.inode, sizeof mounted.inode);
    snprintf(kernel_name, sizeof kernel_name, "by_hand/%llx/%.40s", (unsigned long long)place,
             strrchr(pid_file, '/') + 1);
}

/// A pid means another process in another pid namespace.
static ino_t pid_namespace(void)
{
    struct stat own;
    return stat("/proc/self/ns/pid", &own) == 0 ? own.st_ino : 0;
}

/// After find_kernel_name().
static struct own_name own_name(pid_t pid, ino_t process, ino_t namespace)
{
    struct own_name name;
    snprintf(name.text, sizeof name.text, "%s/%d.%lu.%lu", kernel_name, (int)pid, (unsigned long)process,
             (unsigned long)namespace);
    return name;
}

/// The bytes of the pid file that its daemon locks. A process that may only read the file cannot.
enum { living_byte, starting_byte, reloading_byte, stopping_byte };

/// 0, or -1 and errno. `type`: F_WRLCK or F_UNLCK.
static int set_lock(int file, short type, off_t first, off_t count)
{
    struct flock bytes = {.l_type = type, .l_whence = SEEK_SET, .l_start = first, .l_len = count};
    return fcntl(file, F_OFD_SETLK, &bytes);
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
