// SPDX-License-Identifier: BSL-1.0
// Members of etcd on loopback, in a temporary directory. They end with the test.
#pragma once

#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/temporary_directory.hpp"

#include <daemonkit/etcd.hpp>
#include <daemonkit/sys/unique_fd.hpp>

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace etcd {

using daemonkit::sys::boot_clock;

/// The end of a request that takes no time.
inline boot_clock::time_point soon() { return boot_clock::now() + std::chrono::seconds(5); }

/// What it throws.
template <class Function>
[[nodiscard]] std::string failure_of(const Function& function)
{
    try {
        function();
    } catch (const std::system_error& e) {
        return e.what();
    }
    return "no failure";
}

/// A port of loopback that was free a moment ago.
inline int free_port()
{
    const daemonkit::sys::unique_fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket.get(), any, length) == -1 || ::getsockname(socket.get(), any, &length) == -1) std::abort();
    return ::ntohs(address.sin_port);
}

/// What test/run unpacked, or what is installed; empty: neither.
inline std::string program(const std::string& name)
{
    std::string all = DAEMONKIT_ETCD_PROGRAMS;
    if (const char* const path = ::getenv("PATH")) all.append(":").append(path);
    for (std::size_t at = 0; at <= all.size();) {
        const auto end = std::min(all.find(':', at), all.size());
        const auto file = all.substr(at, end - at) + "/" + name;
        if (::access(file.c_str(), X_OK) == 0) return file;
        at = end + 1;
    }
    return {};
}

class cluster
{
public:
    /// With `tls`, clients must use https and have a certificate: ca.pem, server.pem and server.key in its directory.
    explicit cluster(std::size_t members, const boost::filesystem::path& tls = {}) : tls_(tls)
    {
        for (std::size_t i = 0; i < members; ++i) {
            members_.push_back({free_port(), free_port(), -1});
            initial_ += (i == 0 ? "" : ",") + name(i) + "=" + peer(i);
        }
        for (std::size_t i = 0; i < members; ++i) start(i);
    }
    cluster(const cluster&) = delete;
    cluster& operator=(const cluster&) = delete;
    ~cluster()
    {
        for (std::size_t i = 0; i < members_.size(); ++i) kill(i);
    }

    [[nodiscard]] std::size_t size() const { return members_.size(); }
    [[nodiscard]] int port(std::size_t i) const { return members_[i].client; }
    [[nodiscard]] std::string url(std::size_t i) const
    {
        return (tls_.empty() ? "http" : "https") + std::string("://127.0.0.1:") + std::to_string(members_[i].client);
    }
    [[nodiscard]] daemonkit::etcd_store store(const std::string& key = "clientd") const
    {
        daemonkit::etcd_store one{.key = key};
        one.endpoints.clear();
        for (std::size_t i = 0; i < members_.size(); ++i) one.endpoints.push_back(url(i));
        return one;
    }

    void start(std::size_t i)
    {
        std::vector<std::string> command{program("etcd"),
                                         "--name",
                                         name(i),
                                         "--data-dir",
                                         (place_ / name(i)).string(),
                                         "--listen-peer-urls",
                                         peer(i),
                                         "--initial-advertise-peer-urls",
                                         peer(i),
                                         "--listen-client-urls",
                                         url(i),
                                         "--advertise-client-urls",
                                         url(i),
                                         "--initial-cluster",
                                         initial_,
                                         "--initial-cluster-token",
                                         place_.path().string(),
                                         "--initial-cluster-state",
                                         "new"};
        if (!tls_.empty())
            command.insert(command.end(),
                           {"--cert-file", (tls_ / "server.pem").string(), "--key-file", (tls_ / "server.key").string(),
                            "--trusted-ca-file", (tls_ / "ca.pem").string(), "--client-cert-auth"});
        const pid_t child = ::fork();
        if (child == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            const int log = ::open((place_ / (name(i) + ".log")).c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
            ::dup2(log, 1);
            ::dup2(log, 2);
            ::_exit(execute(command));
        }
        members_[i].pid = child;
    }
    void kill(std::size_t i)
    {
        if (members_[i].pid > 0) put_down(members_[i].pid);
        members_[i].pid = -1;
    }
    void freeze(std::size_t i) const { ::kill(members_[i].pid, SIGSTOP); }
    void thaw(std::size_t i) const { ::kill(members_[i].pid, SIGCONT); }

    /// Waits until a request with consensus is answered.
    [[nodiscard]] bool ready(const daemonkit::etcd_store& asked) const
    {
        return eventually([&] {
            try {
                (void)asked.open({std::chrono::seconds(5), -1}).holder(boot_clock::now() + std::chrono::seconds(2));
                return true;
            } catch (const std::system_error& e) {
                why_ = e.what();
                return false;
            }
        });
    }
    [[nodiscard]] bool ready() const { return ready(store()); }
    [[nodiscard]] const std::string& why() const { return why_; }

    /// Calls the gateway of a member.
    [[nodiscard]] daemonkit::detail::json_tree call(std::size_t i, const char* function, const std::string& body) const
    {
        daemonkit::detail::etcd_gateway gateway({url(i)}, {}, {}, {}, -1);
        return gateway.call(function, body, boot_clock::now() + std::chrono::seconds(5));
    }
    /// The member that leads.
    [[nodiscard]] std::size_t leader() const
    {
        std::size_t found = members_.size();
        (void)eventually([&] {
            for (std::size_t i = 0; i < members_.size() && found == members_.size(); ++i) {
                if (members_[i].pid == -1) continue;
                try {
                    const auto status = call(i, "/v3/maintenance/status", "{}");
                    if (status.get("leader", "0") == status.get("header.member_id", "")) found = i;
                } catch (const std::system_error&) { // not yet
                    continue;
                }
            }
            return found != members_.size();
        });
        return found;
    }

private:
    struct member
    {
        int client;
        int peer;
        pid_t pid;
    };
    static std::string name(std::size_t i) { return "m" + std::to_string(i); }
    [[nodiscard]] std::string peer(std::size_t i) const
    {
        return "http://127.0.0.1:" + std::to_string(members_[i].peer);
    }

    temporary_directory place_{};
    boost::filesystem::path tls_;
    std::vector<member> members_{};
    std::string initial_{};
    mutable std::string why_{};
};

} // namespace etcd

/// Leaves a test case that needs etcd, where there is none.
#define NEEDS_ETCD() \
    if (etcd::program("etcd").empty()) DAEMONKIT_SKIP("etcd is needed (Debian: etcd-server)")
