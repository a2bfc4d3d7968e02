// SPDX-License-Identifier: BSL-1.0
// The reference: the two ways that copy least, with what daemonkit guarantees of them. A caller with threads is refused.
// A signal that would end the launcher ends the daemon first, and how the daemon died is told at once; a late daemon is
// noticed. A child that the daemon makes by fork(2) has nothing of the channel. The daemon leads no session, and has
// the caller's stack for signal handlers. Linux 6.15 or later, or there is no result.
#pragma once

static int process = -1; ///< pidfd of the daemon, in the launcher
static stack_t alternate;

/// In the launcher, before anything else.
static void guard_caller(void)
{
    struct stat tasks;
    struct sigaction at_end;
    for (int fd = 0; fd <= STDERR_FILENO; ++fd)
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) == -1) fail("open /dev/null");
    if (stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink > 3) fail("fork with threads");
    sigaction(SIGCHLD, NULL, &at_end);
    if (at_end.sa_handler == SIG_IGN) signal(SIGCHLD, SIG_DFL);
    sigaltstack(NULL, &alternate);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) == -1) fail("socketpair");
}

static int end_daemon(const char* why)
{
    struct pollfd gone = {process, POLLIN, 0};
    pidfd_send_signal(process, SIGTERM, NULL, 0);
    if (poll(&gone, 1, 1000) != 1) pidfd_send_signal(process, SIGKILL, NULL, 0);
    fprintf(stderr, "%s\n", why);
    return 1;
}

/// In the launcher: hears the daemon, its death, and signals, for thirty seconds.
static int wait_guarded(void)
{
    static const int enders[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
    sigset_t heard = mask, ends;
    pid_t daemon = 0;
    sigemptyset(&ends);
    for (int i = 0; i < 4; ++i) {
        struct sigaction now;
        if (sigaction(enders[i], NULL, &now) == -1 || now.sa_handler != SIG_DFL) continue;
        sigaddset(&ends, enders[i]);
        sigaddset(&heard, enders[i]);
    }
    struct pollfd any[] = {{process, POLLIN, 0}, {channel[0], POLLIN, 0}, {-1, POLLIN, 0}};
    any[2].fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    sigprocmask(SIG_SETMASK, &heard, NULL);
    if (poll(any, 3, 30000) < 1) return end_daemon("the daemon is late");
    if (any[2].revents != 0) return end_daemon("a signal came");
    if (recv(channel[0], &daemon, sizeof daemon, MSG_DONTWAIT) == sizeof daemon) return 0;
    fprintf(stderr, "the daemon has died\n");
    return 1;
}

/// In the daemon, as soon as it is one.
static void close_channel(void) { close(channel[1]); }
static void guard_daemon(void)
{
    close(channel[0]);
    if (pthread_atfork(NULL, NULL, close_channel) != 0) fail("pthread_atfork");
    subject_runs();
}

static int fork_and_leave(void* nothing)
{
    (void)nothing;
    if ((alternate.ss_flags & SS_DISABLE) == 0) sigaltstack(&alternate, NULL);
    setsid();
    const pid_t daemon = fork();
    if (daemon == 0) {
        syscall(SYS_rseq, rseq_area(), sizeof(struct rseq), 0, RSEQ_SIG);
        guard_daemon();
        live();
    }
    process = daemon == -1 ? -1 : pidfd_open(daemon, 0); // of the launcher, too: the descriptors are shared
    if (process == -1 && daemon != -1) kill(daemon, SIGKILL);
    _exit(process == -1);
}

/// The intermediate process makes the daemon and leaves; a pidfd tells the launcher how the daemon died.
static int shared_intermediate_guarded(void)
{
    int status = 0;
    const pid_t child =
        clone(fork_and_leave, small_stack + sizeof small_stack, CLONE_VM | CLONE_FILES | CLONE_VFORK | SIGCHLD, NULL);
    if (child == -1) fail("clone");
    if (waitpid(child, &status, 0) != child || status != 0) fail("make the daemon");
    close(channel[1]);
    return wait_guarded();
}

static char* daemon_stack; ///< its end

static int live_in_all_of_it(void* nothing)
{
    (void)nothing;
    syscall(SYS_rseq, rseq_area(), sizeof(struct rseq), 0, RSEQ_SIG);
    guard_daemon();
    live();
}

static int hand_over_and_leave(void* nothing)
{
    (void)nothing;
    setsid();
    if (clone(live_in_all_of_it, daemon_stack,
              CLONE_VM | CLONE_PARENT | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, NULL,
              &process, NULL, thread_id) == -1)
        process = -1;
    _exit(process == -1);
}

/// The same with the launcher's memory. In the launcher `process` is the pid of the daemon first, then its pidfd.
static int hand_over_guarded(void)
{
    int status = 0;
    const size_t size = 8 << 20;
    char* const stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) fail("mmap");
    daemon_stack = stack + size;
    if (prctl(PR_GET_TID_ADDRESS, &thread_id) == -1) fail("prctl");
    syscall(SYS_rseq, rseq_area(), sizeof(struct rseq), RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
    syscall(SYS_set_tid_address, NULL);
    syscall(SYS_set_robust_list, NULL, 3 * sizeof(long));
    const pid_t child =
        clone(hand_over_and_leave, small_stack + sizeof small_stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
    if (child == -1) fail("clone");
    if (waitpid(child, &status, 0) != child || status != 0) fail("make the daemon");
    usual_signals(); // a handler would run in the memory of the daemon
    process = pidfd_open(process, 0);
    _exit(wait_guarded());
}
