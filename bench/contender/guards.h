// SPDX-License-Identifier: BSL-1.0
// What daemonkit guarantees of a start beyond by_hand.c, by hand too, with the calls it takes and no more. With
// BENCH_NAMED each guarantee is marked for strace: that program is counted, and never timed.
#pragma once

#include "identity.h"

#include <sys/file.h>
#include <time.h>

#ifdef BENCH_NAMED
#define GUARANTEE(name) \
    if (write(-1, "for: " name, sizeof "for: " name - 1) == 0) _exit(1)
#else
#define GUARANTEE(name) (void)0
#endif
#define GUARANTEED() GUARANTEE("")

#include "guarded_fork.h"

static void guard_caller(void)
{
    struct stat tasks;
    GUARANTEE("a caller with threads is refused: a fork takes only one along");
    if (stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink > 3) refuse("fork with threads", EBUSY);
    GUARANTEE("no file of the daemon becomes a standard stream");
    for (int fd = 0; fd <= STDERR_FILENO; ++fd)
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) == -1) fail("open /dev/null");
    GUARANTEE("pid 1 of a container does not fork away");
    if (getpid() == 1) refuse("detach pid 1", EINVAL);
    GUARANTEED();
}

/// Before the file is touched: each directory on the way to it.
static void guard_path(void)
{
    struct statx last;
    GUARANTEE("no other user can redirect the path of the pid file");
    uid_t user = geteuid(); // the caller may have changed it since it was executed
    if (!look_at_way(&user, 0, &last)) fail("look at a directory of the pid file");
    GUARANTEED();
}

/// Around the writing of the pid.
static void guard_limit(void (*action)(int))
{
    const struct sigaction beyond = {.sa_handler = action};
    GUARANTEE("a limit of file sizes is an error, and kills no process");
    sigaction(SIGXFSZ, &beyond, NULL);
    GUARANTEED();
}

/// With the file locked: what it is, and whether a daemon lives whose file was deleted or replaced.
static void guard_file(void)
{
    struct stat file;
    char record[16];
    GUARANTEE("the pid file is a plain one that only root and the caller can write");
    if (fstat(lock, &file) == -1) fail("look at the pid file");
    if (!S_ISREG(file.st_mode) || file.st_nlink != 1) refuse("use a pid file that is none", EINVAL);
    const char* const reason = untrusted(file.st_uid, file.st_mode, (uid_t)getauxval(AT_EUID));
    if (reason != NULL) refuse(reason, EPERM);
    GUARANTEE("an old pid file says which process wrote it");
    if (pread(lock, record, sizeof record, 0) == -1) fail("read the pid file");
    GUARANTEE("no second daemon where the file of the first was deleted");
    find_kernel_name();
    if (name_socket(kernel_name, connect) != -1) refuse("start: it runs already", EEXIST);
    GUARANTEE("the pid file's mode does not depend on the umask");
    if (fchmod(lock, 0644) == -1) fail("set the mode of the pid file");
    GUARANTEED();
}

static int claim_lock(void)
{
    if (set_lock(lock, F_WRLCK, living_byte, 2) == -1) return -1; // and starting_byte
    GUARANTEE("programs that ask by flock(2) see the lock");
    if (flock(lock, LOCK_EX | LOCK_NB) == -1) fail("lock the pid file against others");
    GUARANTEED();
    return 0;
}

static void guard_ready(void)
{
    GUARANTEE("status tells a daemon that is ready from one that starts");
    set_lock(lock, F_UNLCK, starting_byte, 1);
    GUARANTEED();
}

static int ending = -1; ///< of the launcher: on which it hears signals that would end it

/// In the launcher, with all signals blocked.
static void guard_signals(const sigset_t* before)
{
    static const int enders[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
    sigset_t heard = *before, ends;
    GUARANTEE("a signal that ends the launcher ends the daemon");
    sigemptyset(&ends);
    for (int i = 0; i < 4; ++i) {
        struct sigaction now;
        if (sigaction(enders[i], NULL, &now) == -1 || now.sa_handler != SIG_DFL) continue;
        sigaddset(&ends, enders[i]);
        sigaddset(&heard, enders[i]);
    }
    ending = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    GUARANTEED();
    sigprocmask(SIG_SETMASK, &heard, NULL);
}

/// In the launcher, for thirty seconds: hears the daemon, or its parent if it died, and signals. Ends a late daemon.
static void guard_wait(int ear)
{
    GUARANTEE("a daemon that is late is noticed");
    struct pollfd any[] = {{ear, POLLIN, 0}, {ending, POLLIN, 0}};
    if (poll(any, 2, 30000) < 1 || any[0].revents == 0) {
        if (write(ear, "", 1) != 1 || poll(any, 1, 5000) < 1) fail("end the daemon");
    }
    GUARANTEED();
}

/// Sockets, because one end can be ended for all who have it.
static int open_channel(int ends[2]) { return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends); }

/// In the daemon, when the launcher has been told: the intermediate process leaves while the launcher wakes, and not
/// after that.
static void guard_release(void)
{
    GUARANTEE("the launcher learns how a daemon died");
    shutdown(channel, SHUT_RDWR);
    GUARANTEED();
}

static int own_socket = -1;   // with the name of this process, on which a reload is asked about
static int place_socket = -1; // with the name of the place
static struct stat mark;      // of the pid file, as long as nobody touches it

/// Whether the pid file is now that of this process, which has the inode number `process`.
static int stamp(pid_t pid, ino_t process)
{
    struct timespec times[2] = {{0, UTIME_OMIT}, {0, 0}};
    struct stat directory;
    char parent[PATH_MAX];
    const size_t length = (size_t)(strrchr(pid_file, '/') - pid_file);
    memcpy(parent, pid_file, length);
    parent[length] = '\0';
    if (stat(parent, &directory) == -1) return 0;
    clock_gettime(CLOCK_REALTIME, &times[1]);
    times[1].tv_sec -= 1;
    times[1].tv_nsec = stamp_of(pid, process, directory.st_ino);
    return futimens(lock, times) != -1 && fstat(lock, &mark) != -1 && mark.st_mtim.tv_nsec == times[1].tv_nsec;
}

static ino_t own_inode(pid_t pid)
{
    const int self = pidfd_open(pid, 0);
    if (self == -1) fail("identify this process");
    const ino_t process = inode_of(self);
    close(self);
    return process;
}

/// In the daemon, which has written its pid: the file belongs to this very process, and a name that nobody can delete.
static void guard_identity(void)
{
    const int yes = 1;
    const pid_t pid = getpid();
    GUARANTEE("stop and status believe a pid file only of the very process that wrote it");
    const ino_t process = own_inode(pid);
    if (process == 0) refuse("identify this process", ENOTSUP);
    if (!stamp(pid, process)) fail("stamp the pid file");

    GUARANTEE("a daemon is found, and stays alone, though its pid file was deleted");
    own_socket = name_socket(own_name(pid, process, pid_namespace()).text, bind);
    place_socket = name_socket(kernel_name, bind);
    if (own_socket == -1 || place_socket == -1) refuse("start: it runs already", EEXIST);
    if (setsockopt(own_socket, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) == -1) fail("hear who asks");
    if (shutdown(place_socket, SHUT_RDWR) == -1) fail("close a name to others");
    GUARANTEED();
}

static int is_own_file(const struct stat* file)
{
    struct stat named;
    return lstat(pid_file, &named) == 0 && named.st_ino == file->st_ino && named.st_dev == file->st_dev;
}

/// In the daemon, whenever it wakes: a file that was touched, edited, deleted or replaced is put right, once. Nobody
/// else is a daemon of this place as long as this one has its name.
static void guard_wake(void)
{
    struct stat now;
    if (fstat(lock, &now) == -1 || (now.st_nlink == mark.st_nlink && now.st_ctim.tv_sec == mark.st_ctim.tv_sec &&
                                    now.st_ctim.tv_nsec == mark.st_ctim.tv_nsec))
        return;
    mark = now;
    if (!is_own_file(&now)) {
        unlink(pid_file);
        const int again = open(pid_file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (again == -1) return;
        const int locked = set_lock(again, F_WRLCK, living_byte, 1) != -1 && flock(again, LOCK_EX | LOCK_NB) != -1 &&
                           dup3(again, lock, O_CLOEXEC) != -1;
        close(again);
        if (!locked) return;
    }
    if (fchmod(lock, 0644) == -1 || !write_pid() || !stamp(getpid(), own_inode(getpid()))) fstat(lock, &mark);
}

/// In the daemon, last of all: the name first, so that nobody is sent here by it any more.
static void guard_end(void)
{
    struct stat own;
    set_lock(lock, F_WRLCK, stopping_byte, 1); // for status
    close(place_socket);
    close(own_socket);
    if (fstat(lock, &own) == 0 && is_own_file(&own)) unlink(pid_file);
}
