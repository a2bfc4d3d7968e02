// SPDX-License-Identifier: BSL-1.0
// A daemon that its pid file does not lead to: by the names of its sockets. Anybody may take any name; believed is the
// living process that has both sockets open, if root or a trusted user made them.
#pragma once

/// Calls visit(name, inode, what) for each named socket until it returns 1.
static void each_named_socket(int (*visit)(const char*, ino_t, void*), void* what)
{
    FILE* const sockets = fopen("/proc/net/unix", "re");
    char line[512];
    while (sockets != NULL && fgets(line, sizeof line, sockets) != NULL) {
        unsigned long inode = 0;
        int name = 0;
        if (sscanf(line, "%*s %*s %*s %*s %*s %*s %lu @%n", &inode, &name) != 1 || name == 0) continue;
        line[strcspn(line, "\n")] = '\0';
        if (visit(line + name, inode, what)) break;
    }
    if (sockets != NULL) fclose(sockets);
}

struct sought
{
    ino_t whole; ///< socket with the name of the place
    ino_t own;   ///< and that with the name of the one who is looked at
    const char* name;
    uid_t user;
    int since;
    ino_t namespace; ///< of this process's pids
    int hidden;      ///< somebody could not be looked at
    struct found found;
};

static int is_whole(const char* name, ino_t inode, void* what)
{
    if (strcmp(name, kernel_name) != 0) return 0;
    ((struct sought*)what)->whole = inode;
    return 1;
}

/// Whether the process has this name and both sockets.
static int is_bearer(pid_t pid, ino_t process, const void* what)
{
    struct sought* const sought = (struct sought*)(uintptr_t)what;
    int has_whole = 0, has_own = 0;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    if (strcmp(own_name(pid, process, sought->namespace).text, sought->name) != 0) return 0;
    DIR* const all = opendir(path);
    if (all == NULL) {
        sought->hidden = 1;
        return 0;
    }
    for (const struct dirent* entry; (entry = readdir(all)) != NULL;) {
        struct stat s;
        if (fstatat(dirfd(all), entry->d_name, &s, 0) == -1 || !S_ISSOCK(s.st_mode)) continue;
        if (s.st_uid != 0 && s.st_uid != sought->user && s.st_uid != getauxval(AT_EUID)) continue;
        if (s.st_ino == sought->whole) has_whole = 1;
        if (s.st_ino == sought->own) has_own = 1;
    }
    closedir(all);
    return has_whole && has_own;
}

static int visit_bearer(const char* name, ino_t inode, void* what)
{
    struct sought* const sought = what;
    const size_t length = strlen(kernel_name);
    const int pid = strncmp(name, kernel_name, length) == 0 && name[length] == '/' ? atoi(name + length + 1) : 0;
    if (pid <= 0) return 0;
    sought->own = inode;
    sought->name = name;
    sought->found = hold(pid, sought->user, sought->since, is_bearer, sought);
    return sought->found.pid != 0;
}

static struct found find_by_name(uid_t user, int since, int* hidden)
{
    struct sought sought = {.user = user, .since = since};
    find_kernel_name();
    const int probe = name_socket(kernel_name, connect);
    if (probe == -1 && errno == ECONNREFUSED) return sought.found;
    if (probe == -1 && errno != EPERM) fail("ask for the name of the pid file");
    if (probe != -1) close(probe);
    each_named_socket(is_whole, &sought);
    sought.namespace = pid_namespace();
    if (sought.whole != 0) each_named_socket(visit_bearer, &sought);
    *hidden = sought.found.pid == 0 && sought.hidden;
    return sought.found;
}
