// SPDX-License-Identifier: BSL-1.0
// A reload with its result, by hand: the question waits as a datagram at the daemon's own name before HUP is sent, and
// the daemon reads it when it has taken the HUP and before it reloads. The kernel says who asked and who answers.
#pragma once

#include "guarded_verbs.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>

#ifdef BENCH_ANSWERS
#include "../signal/answer.h"
static void tell_ready(void) { answer(); }
static void on_reload(void) { answer(); }
#else
static void tell_ready(void) {}
static void on_reload(void) {}
#endif

/// The sender of a datagram; pid -1: the kernel does not say.
static struct ucred sender_of(struct msghdr* message)
{
    struct ucred sender = {.pid = -1};
    const struct cmsghdr* const header = CMSG_FIRSTHDR(message);
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_CREDENTIALS)
        memcpy(&sender, CMSG_DATA(header), sizeof sender);
    return sender;
}

enum { credentials = CMSG_SPACE(sizeof(struct ucred)) };

/// In the daemon, after HUP.
static void reload_here(void)
{
    enum { at_once = 4, most = 4096 };
    static struct sockaddr_un callers[most];
    static socklen_t sizes[most];
    int count = 0;
    for (int got = at_once; got == at_once && count + at_once <= most;) {
        struct mmsghdr asked[at_once];
        _Alignas(struct cmsghdr) char senders[at_once][credentials];
        char question;
        struct iovec part = {&question, 1};
        for (int i = 0; i < at_once; ++i)
            asked[i].msg_hdr = (struct msghdr){.msg_name = &callers[count + i],
                                               .msg_namelen = sizeof callers[0],
                                               .msg_iov = &part,
                                               .msg_iovlen = 1,
                                               .msg_control = senders[i],
                                               .msg_controllen = sizeof senders[i]};
        const int first = count;
        got = recvmmsg(own_socket, asked, at_once, MSG_DONTWAIT | MSG_CMSG_CLOEXEC, NULL);
        for (int i = 0; i < got; ++i) {
            const struct ucred sender = sender_of(&asked[i].msg_hdr);
            if (sender.pid == -1 || (sender.uid != 0 && sender.uid != getauxval(AT_EUID))) continue;
            callers[count] = callers[first + i];
            sizes[count++] = asked[i].msg_hdr.msg_namelen;
        }
    }
    set_lock(lock, F_WRLCK, reloading_byte, 1);
    on_reload();
    set_lock(lock, F_UNLCK, reloading_byte, 1);
    for (int i = 0; i < count; ++i)
        if (sendto(own_socket, "+", 1, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr*)&callers[i], sizes[i]) ==
            -1)
            continue; // a caller that has gone, or does not read, is not waited for
}

/// Connected, so that no other datagrams arrive; the kernel chooses its own name (unix(7), autobind).
static int connect_to_hear(int socket_fd, const struct sockaddr* name, socklen_t size)
{
    const int yes = 1;
    if (setsockopt(socket_fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) == -1) return -1;
    return connect(socket_fd, name, size);
}

/// The first byte of the daemon's answer, and the rest in `text`; 0: it has not answered yet.
static char answer_of(int socket_fd, pid_t daemon, char* text, size_t room)
{
    for (;;) {
        _Alignas(struct cmsghdr) char sender[credentials];
        char result;
        struct iovec parts[] = {{&result, 1}, {text, room - 1}};
        struct msghdr message = {
            .msg_iov = parts, .msg_iovlen = 2, .msg_control = sender, .msg_controllen = sizeof sender};
        const ssize_t size = recvmsg(socket_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (size == -1) return 0;
        if (size == 0 || sender_of(&message).pid != daemon) continue;
        text[size - 1] = '\0';
        for (char* c = text; *c != '\0'; ++c)
            if ((unsigned char)*c < ' ') *c = '?'; // it is for a terminal
        return result;
    }
}

struct socket_facts
{
    unsigned peer, owner;
    int has_owner;
};

/// What the kernel says of the socket with this inode number, sock_diag(7).
static int ask_about(int kernel, unsigned inode, struct socket_facts* facts)
{
    const struct
    {
        struct nlmsghdr header;
        struct unix_diag_req question;
    } message = {{.nlmsg_len = sizeof message, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
                 {.sdiag_family = AF_UNIX,
                  .udiag_states = ~0U,
                  .udiag_ino = inode,
                  .udiag_show = UDIAG_SHOW_PEER | UDIAG_SHOW_UID,
                  .udiag_cookie = {~0U, ~0U}}};
    _Alignas(struct nlmsghdr) char text[512];
    if (send(kernel, &message, sizeof message, 0) == -1) return -1;
    const ssize_t size = recv(kernel, text, sizeof text, 0);
    const struct nlmsghdr* const answer = (const struct nlmsghdr*)text;
    if (size < (ssize_t)NLMSG_LENGTH(sizeof(struct unix_diag_msg)) || answer->nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return -1;
    for (size_t at = NLMSG_LENGTH(sizeof(struct unix_diag_msg)); at + sizeof(struct nlattr) <= (size_t)size;) {
        const struct nlattr* const attribute = (const struct nlattr*)(text + at);
        if (attribute->nla_len < sizeof *attribute) break;
        if (attribute->nla_type == UNIX_DIAG_PEER) memcpy(&facts->peer, attribute + 1, sizeof facts->peer);
        if (attribute->nla_type == UNIX_DIAG_UID) {
            memcpy(&facts->owner, attribute + 1, sizeof facts->owner);
            facts->has_owner = 1;
        }
        at += NLA_ALIGN(attribute->nla_len);
    }
    return 0;
}

/// Whether root or this user made the socket that `socket_fd` is connected to: any user may have taken its name.
static int is_ours(int socket_fd)
{
    struct socket_facts own = {0}, peer = {0};
    struct stat self;
    const int kernel = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    const int known = kernel != -1 && fstat(socket_fd, &self) == 0 &&
                      ask_about(kernel, (unsigned)self.st_ino, &own) == 0 && own.peer != 0 &&
                      ask_about(kernel, own.peer, &peer) == 0 && peer.has_owner;
    if (kernel != -1) close(kernel);
    return known && (peer.owner == 0 || peer.owner == getauxval(AT_EUID));
}

static long milliseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum { sentence = 1100 };

/// Asks, sends HUP and waits for the answer: the exit status, and a sentence.
static int ask_to_reload(const struct found* daemon, int socket_fd, char text[sentence])
{
    struct pollfd any[] = {{socket_fd, POLLIN, 0}, {daemon->process, POLLIN, 0}};
    char refusal[1024];
    const int pid = (int)daemon->pid;
    const long until = milliseconds_now() + 30000;
    for (int asked = 0; !asked;) {
        asked = socket_fd != -1 && send(socket_fd, "?", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
        const int full = !asked && socket_fd != -1 && errno == EAGAIN; // too many have asked
        if (pidfd_send_signal(daemon->process, SIGHUP, NULL, 0) == -1 && errno != ESRCH) fail("signal the daemon");
        if (!asked && !full)
            return snprintf(text, sentence, "told to reload (pid %d); how that ends cannot be heard from here", pid), 0;
        if (full && (poll(any, 2, 1), any[1].revents != 0 || milliseconds_now() > until)) break;
    }
    for (long left = 30000; left > 0; left = until - milliseconds_now()) {
        poll(any, 2, (int)left);
        const char answer = answer_of(socket_fd, daemon->pid, refusal, sizeof refusal);
        if (answer == '+') return snprintf(text, sentence, "reloaded (pid %d)", pid), 0;
        if (answer != 0)
            return snprintf(text, sentence, "reload refused by pid %d, the old state stays: %s", pid, refusal), 1;
        if (any[1].revents != 0) return snprintf(text, sentence, "pid %d ended before it had reloaded", pid), 1;
    }
    return snprintf(text, sentence, "pid %d has not reloaded within 30 s: it is busy or hangs", pid), 1;
}

int by_hand_reload(const char* file, char text[sentence])
{
    pid_file = file;
    const struct found daemon = find(0);
    if (daemon.pid == 0) return strcpy(text, "not running"), 7;
    find_kernel_name();
    int socket_fd = name_socket(own_name(daemon.pid, daemon.inode, pid_namespace()).text, connect_to_hear);
    if (socket_fd != -1 && !is_ours(socket_fd)) {
        close(socket_fd);
        socket_fd = -1;
    }
    const int status = ask_to_reload(&daemon, socket_fd, text);
    if (socket_fd != -1) close(socket_fd);
    close(daemon.process);
    return status;
}

static int reload(void)
{
    char text[sentence];
    const int status = by_hand_reload(pid_file, text);
    fprintf(status == 0 ? stdout : stderr, "by_hand: %s\n", text);
    return status;
}
