// SPDX-License-Identifier: BSL-1.0
// What daemonkit guarantees of stop and status beyond by_hand.c, by hand too, with the calls it takes and no more. The
// file is believed only of the process that wrote it, a daemon whose file was deleted or edited is found by its
// names, the dead one's record is cleared, and status says since when.
#pragma once

#include "identity.h"

#include <dirent.h>
#include <time.h>

/// The process that the identity leads to.
struct found
{
    pid_t pid;              ///< 0: none
    int process;            ///< its pidfd, opened before it was identified
    ino_t inode;            ///< that of the pidfd
    time_t since;           ///< if it was asked for (1), as is more (2); 0: /proc hides it
    int remains;            ///< none, but a dead daemon's record is there
    int settled;            ///< 0: a daemon may be about to write the file, or just took it away
    const char* in_the_way; ///< what is wrong with the file; errno says more
    int doing;              ///< starting_byte, reloading_byte or stopping_byte; 0: none of that
    char state;             ///< of the process, as in /proc/PID/stat, if it was asked for
    int frozen;             ///< the same; whether its cgroup is
};

struct record
{
    pid_t pid;  ///< 0: the file is empty
    long stamp; ///< -1: none, as after a write
};

/// Nothing but one pid and one newline; -1.
static pid_t parse_pid(const char* text, ssize_t size)
{
    long pid = 0;
    if (size == 0) return 0;
    if (text[size - 1] == '\n') --size;
    if (size == 0 || size > 7 || text[0] == '0') return -1;
    for (ssize_t i = 0; i < size; ++i) {
        if (text[i] < '0' || text[i] > '9') return -1;
        pid = pid * 10 + (text[i] - '0');
    }
    return pid <= 1 << 22 ? (pid_t)pid : -1;
}

/// NULL, or what is wrong. First the line and then the look: the stamp is set after the line is written.
static const char* read_record(int file, uid_t user, struct record* record)
{
    char text[16];
    struct stat s;
    const ssize_t size = pread(file, text, sizeof text, 0);
    if (size == -1 || fstat(file, &s) == -1) return "read the pid file";
    errno = EINVAL;
    if (!S_ISREG(s.st_mode) || s.st_nlink > 1) return "use a pid file that is none";
    const char* const reason = untrusted(s.st_uid, s.st_mode, user);
    if (reason != NULL) return reason;
    const int written = s.st_mtim.tv_sec == s.st_ctim.tv_sec && s.st_mtim.tv_nsec == s.st_ctim.tv_nsec;
    record->pid = parse_pid(text, size);
    record->stamp = written ? -1 : s.st_mtim.tv_nsec;
    return record->pid == -1 ? "use a pid file without a pid" : NULL;
}

/// Another user's way may lead root to nothing but that user's own processes.
static int is_for(uid_t user, pid_t pid)
{
    char path[32];
    char text[4096];
    unsigned ids[3] = {0};
    if (user == getauxval(AT_EUID)) return 1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t size = file != -1 ? read(file, text, sizeof text - 1) : -1;
    close(file);
    text[size > 0 ? size : 0] = '\0';
    const char* const at = strstr(text, "\nUid:");
    return at != NULL && sscanf(at, "\nUid: %u %u %u", &ids[0], &ids[1], &ids[2]) == 3 && ids[0] == user &&
           ids[1] == user && ids[2] == user;
}

static int has_exited(int process)
{
    struct pollfd gone = {process, POLLIN, 0};
    return poll(&gone, 1, 0) != 0;
}

/// The beginning of a file; NULL.
static const char* read_all(const char* path, char* text, size_t room)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file == -1) return NULL;
    const ssize_t size = read(file, text, room - 1);
    close(file);
    text[size > 0 ? size : 0] = '\0';
    return text;
}

/// Whether its cgroup is frozen, cgroups(7): version 2 in /sys/fs/cgroup or its "unified", version 1 in "freezer".
static int is_frozen(pid_t pid)
{
    static const struct
    {
        const char *line, *mount, *file, *frozen;
    } kinds[] = {{"::", "/sys/fs/cgroup", "cgroup.events", "frozen 1"},
                 {"::", "/sys/fs/cgroup/unified", "cgroup.events", "frozen 1"},
                 {":freezer:", "/sys/fs/cgroup/freezer", "freezer.state", "FR"}};
    char all[4096], path[PATH_MAX], text[256];
    snprintf(path, sizeof path, "/proc/%d/cgroup", (int)pid);
    if (read_all(path, all, sizeof all) == NULL) return 0;
    for (int i = 0; i < 3; ++i) {
        const char* const at = strstr(all, kinds[i].line);
        if (at == NULL) continue;
        const char* const group = at + strlen(kinds[i].line);
        const int length = (int)strcspn(group, "\n");
        snprintf(path, sizeof path, "%s%.*s/%s", kinds[i].mount, length == 1 ? 0 : length, group, kinds[i].file);
        if (read_all(path, text, sizeof text) == NULL) continue;
        if (strstr(text, kinds[i].frozen) != NULL) return 1;
        if (i == 0) ++i; // there is one version 2
    }
    return 0;
}

/// Its state into `state`. By today's clock.
static time_t start_of(pid_t pid, char* state)
{
    char path[32];
    char text[512] = "";
    unsigned long long ticks = 0;
    struct timespec up, now;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    read_all(path, text, sizeof text);
    const char* at = strrchr(text, ')'); // the name before may hold anything
    if (at != NULL && at[1] == ' ') *state = at[2];
    for (int field = 2; at != NULL && field < 22; ++field) at = strchr(at + 1, ' ');
    if (at == NULL) return 0;
    ticks = strtoull(at, NULL, 10);
    clock_gettime(CLOCK_BOOTTIME, &up);
    clock_gettime(CLOCK_REALTIME, &now);
    const long per_second = sysconf(_SC_CLK_TCK);
    const long long age = up.tv_sec * 1000LL + up.tv_nsec / 1000000 - (long long)ticks * 1000 / per_second;
    return (time_t)((now.tv_sec * 1000LL + now.tv_nsec / 1000000 - age) / 1000);
}

/// The process `pid` if it lives and is the one meant; what is asked of /proc is asked while it does.
static struct found hold(pid_t pid, uid_t user, int since, int (*is_meant)(pid_t, ino_t, const void*), const void* what)
{
    struct found found = {.pid = pid, .process = pidfd_open(pid, 0), .settled = 1};
    if (found.process == -1) {
        if (errno != ESRCH && errno != EINVAL) fail("open a process");
        return (struct found){.settled = 1};
    }
    found.inode = inode_of(found.process);
    if (is_meant(pid, found.inode, what) && is_for(user, pid)) {
        if (since > 1) found.frozen = is_frozen(pid);
        if (since) found.since = start_of(pid, &found.state);
        if (!has_exited(found.process)) return found;
    }
    close(found.process);
    return (struct found){.settled = 1};
}

struct in_place
{
    long stamp;
    ino_t directory;
};

static int has_written(pid_t pid, ino_t process, const void* what)
{
    const struct in_place* const file = what;
    return stamp_of(pid, process, file->directory) == file->stamp;
}

static struct found find_by_file(uid_t user, ino_t directory, int since)
{
    struct record record, again;
    struct stat by_path, by_fd;
    const int file = open(pid_file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct found found = {.settled = 1};
    if (file == -1) {
        if (errno != ENOENT && errno != ENOTDIR) found.in_the_way = "open the pid file";
        return found;
    }
    found.in_the_way = read_record(file, user, &record);
    if (found.in_the_way == NULL && record.pid != 0) {
        const struct in_place place = {record.stamp, directory};
        found = hold(record.pid, user, since, has_written, &place);
        found.remains = found.pid == 0;
    }
    if (found.pid != 0) { // it has one of these locks at most
        struct flock doing = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = starting_byte, .l_len = 3};
        if (fcntl(file, F_OFD_GETLK, &doing) == 0 && doing.l_type != F_UNLCK)
            found.doing = doing.l_start <= starting_byte ? starting_byte : (int)doing.l_start;
    }
    if (found.remains) {
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        const int locked = record.stamp == -1 && fcntl(file, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
        found.settled = !locked && read_record(file, user, &again) == NULL && again.stamp == record.stamp &&
                        again.pid != 0 && fstat(file, &by_fd) == 0 && lstat(pid_file, &by_path) == 0 &&
                        by_fd.st_ino == by_path.st_ino && by_fd.st_dev == by_path.st_dev;
    }
    const int error = errno;
    close(file);
    errno = error;
    return found;
}

#include "guarded_names.h"

/// By the file, and where that leads to none, by the name in the kernel; daemons come and go between the two looks.
static struct found find(int since)
{
    uid_t user = (uid_t)getauxval(AT_EUID);
    struct statx way = {.stx_ino = 0};
    look_at_way(&user, 1, &way);
    for (int tries = 0;; ++tries) {
        int hidden = 0;
        const struct found by_file = find_by_file(user, way.stx_ino, since);
        if (by_file.pid != 0) return by_file;
        const int error = errno;
        const struct found by_name = find_by_name(user, since, &hidden);
        if (by_name.pid != 0) return by_name;
        if (by_file.in_the_way != NULL) refuse(by_file.in_the_way, error);
        if ((by_file.settled && !hidden) || tries == 1000) {
            if (hidden) refuse("identify the daemon: only root may see which process has its name", EPERM);
            if (user != getauxval(AT_EUID)) refuse("use a pid file of others", EPERM);
            return by_file;
        }
        usleep(1000);
    }
}

/// What a dead daemon left, and no start has taken meanwhile.
static void clear_remains(void)
{
    struct stat by_path, by_fd;
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (!find(0).remains) return;
    lock = open(pid_file, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (lock == -1 || fcntl(lock, F_OFD_SETLK, &whole) == -1) return;
    if (!find(0).remains || fstat(lock, &by_fd) == -1 || lstat(pid_file, &by_path) == -1) return;
    if (by_fd.st_ino == by_path.st_ino && by_fd.st_dev == by_path.st_dev) unlink(pid_file);
}

static int stop(void)
{
    const struct found daemon = find(1);
    struct pollfd gone = {daemon.process, POLLIN, 0};
    const char* last = "SIGTERM";
    if (daemon.pid == 0) {
        if (daemon.remains) clear_remains();
        puts("by_hand: not running");
        return 0;
    }
    if (pidfd_send_signal(daemon.process, SIGTERM, NULL, 0) == -1 && errno != ESRCH) fail("signal the daemon");
    if (daemon.state == 'T') pidfd_send_signal(daemon.process, SIGCONT, NULL, 0); // else it would not hear that
    if (poll(&gone, 1, 10000) != 1) {
        last = "SIGKILL";
        if (pidfd_send_signal(daemon.process, SIGKILL, NULL, 0) == -1 && errno != ESRCH) fail("kill the daemon");
        if (poll(&gone, 1, 5000) != 1) fail("end the daemon");
    }
    if (access(pid_file, F_OK) == 0 || errno != ENOENT) clear_remains();
    printf("by_hand: stopped (pid %d, %s)\n", (int)daemon.pid, last);
    return 0;
}

/// The line that the daemon has written beside its pid file, ", " before it.
static void read_status_line(char* text, size_t room)
{
    char path[PATH_MAX];
    char line[256] = "";
    snprintf(path, sizeof path, "%s.by_hand-status", pid_file);
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file == -1) return;
    if (read(file, line, sizeof line - 1) > 0) snprintf(text, room, ", %.*s", (int)strcspn(line, "\n"), line);
    close(file);
}

static int status(void)
{
    static const char* const doing[] = {"ready", "starting", "reloading", "stopping"};
    char since[64] = "", said[264] = "";
    struct tm parts;
    failure = 4;
    const struct found daemon = find(2);
    if (daemon.since != 0 && localtime_r(&daemon.since, &parts) != NULL)
        strftime(since, sizeof since, " since %F %T", &parts);
    if (daemon.pid != 0) {
        read_status_line(said, sizeof said);
        printf("by_hand: running (pid %d)%s, recorded in %s, %s%s, up %ld s%s\n", (int)daemon.pid, since, pid_file,
               doing[daemon.doing],
               daemon.frozen         ? ", frozen with its cgroup"
               : daemon.state == 'T' ? ", stopped by a signal"
                                     : "",
               daemon.since != 0 ? (long)(time(NULL) - daemon.since) : 0, said);
    } else if (daemon.remains)
        printf("by_hand: dead, but its record remains in %s; start or stop clears it\n", pid_file);
    else
        puts("by_hand: not running");
    return daemon.pid != 0 ? 0 : daemon.remains ? 1 : 3;
}
