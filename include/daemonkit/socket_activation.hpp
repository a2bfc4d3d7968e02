// SPDX-License-Identifier: BSL-1.0
// Descriptors that a service manager passes to the daemon, sd_listen_fds(3): sockets on which it listens already
// (socket activation), and what an earlier process of this daemon has put away with store_descriptor(). A mixin:
//
//   struct echod : daemonkit::universal_daemon<echod>, daemonkit::socket_activation
//
// They are taken when the daemon is made, which is before it detaches: a fork changes the pid that LISTEN_PID names.
#pragma once

#include "core/require_cxx20.hpp"

#include "core/startup_error.hpp"
#include "sys/environment.hpp"
#include "sys/passed_descriptor.hpp"
#include "sys/process.hpp"
#include "sys/unique_fd.hpp"
#include "text/joined.hpp"

#include <climits>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace daemonkit {

/// The descriptors that were passed, in the manager's order. It closes those that nobody takes.
class passed_descriptors
{
public:
    /// How many there were, whether taken meanwhile or not.
    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
    [[nodiscard]] bool empty() const noexcept { return all_.empty(); }

    /// The descriptor at this place; -1 if there is none, or it was taken.
    [[nodiscard]] int operator[](std::size_t i) const noexcept { return i < size() ? all_[i].fd.get() : -1; }
    /// FileDescriptorName= of a socket, the name of what was stored, or "unknown" of a manager that tells none.
    [[nodiscard]] std::string_view name_of(std::size_t i) const noexcept
    {
        return i < size() ? std::string_view(all_[i].name) : std::string_view();
    }

    /// The first of this name that was not taken; -1 if there is none.
    [[nodiscard]] int named(std::string_view name) const noexcept { return (*this)[place_of(name)]; }
    /// All of this name that were not taken: systemd gives every socket of a unit the same one.
    [[nodiscard]] std::vector<int> all_named(std::string_view name) const
    {
        std::vector<int> found;
        for (const auto& one : all_)
            if (one.fd && one.name == name) found.push_back(one.fd.get());
        return found;
    }

    /// Hands the descriptor at this place over; an empty one if there is none, or it was taken.
    [[nodiscard]] sys::unique_fd take(std::size_t i) noexcept
    {
        return i < size() ? std::move(all_[i].fd) : sys::unique_fd();
    }
    /// Hands the first of this name over, and the next one when called again.
    [[nodiscard]] sys::unique_fd take(std::string_view name) noexcept { return take(place_of(name)); }

private:
    friend class socket_activation;

    struct passed
    {
        sys::unique_fd fd;
        std::string name;
    };

    [[nodiscard]] std::size_t place_of(std::string_view name) const noexcept
    {
        std::size_t i = 0;
        while (i < size() && !(all_[i].fd && all_[i].name == name)) ++i;
        return i;
    }

    std::vector<passed> all_{};
};

/// What accept(2) works on.
inline constexpr sys::socket_kind listening_stream{AF_UNSPEC, SOCK_STREAM, true};

/// Whether `fd` is such a socket.
[[nodiscard]] inline bool is_socket(int fd, const sys::socket_kind& wanted) noexcept
{
    return sys::socket_kind_of(fd).is(wanted);
}

/// Throws startup_error unless `fd` is such a socket: what is wrong in the manager's configuration is told in the words
/// of the configuration, and not by a system call that fails later.
inline void require_socket(int fd, const sys::socket_kind& wanted)
{
    if (is_socket(fd, wanted)) return;
    const auto kind = sys::socket_kind_of(fd);
    throw_bad_setting("use the passed descriptor", sys::joined({fd}),
                      sys::joined({"it is ", kind ? sys::describe(kind) : "no socket", ", where ",
                                   sys::describe(wanted), " is wanted"}));
}

class socket_activation
{
public:
    /// Takes them, closed on exec from now on, and LISTEN_* out of the environment, which children then do not believe.
    socket_activation()
    {
        const auto pid = sys::take_variable("LISTEN_PID");
        const auto count = sys::take_variable("LISTEN_FDS");
        const auto names = sys::take_variable("LISTEN_FDNAMES");
        static_cast<void>(sys::take_variable("LISTEN_PIDFDID"));
        if (!pid || !count) return;
        const auto for_whom = sys::number_in(*pid);
        const auto how_many = sys::number_in(*count);
        if (for_whom == -1) {
            contradict({"LISTEN_PID is no number: \"", *pid, "\""});
        } else if (for_whom == sys::this_process()) {
            if (how_many != -1)
                take_passed(how_many);
            else
                contradict({"LISTEN_FDS is no number: \"", *count, "\""});
            if (names && !passed_.empty() && contradiction_.empty()) give_names(*names);
        }
    }

    /// What was passed; nothing if nobody passed anything, or to another process. For on_start() and run(): throws
    /// startup_error, exit status 6, if what the manager says contradicts itself.
    [[nodiscard]] passed_descriptors& listen_fds()
    {
        if (!contradiction_.empty()) throw_bad_setting("take the passed descriptors", {}, contradiction_);
        return passed_;
    }

    /// For the lifecycle: what a detaching start must not close.
    [[nodiscard]] std::vector<int> kept_descriptors() const
    {
        std::vector<int> kept;
        for (const auto& one : passed_.all_)
            if (one.fd) kept.push_back(one.fd.get());
        return kept;
    }

private:
    static constexpr int first_passed = 3; // SD_LISTEN_FDS_START

    void take_passed(long long count)
    {
        for (int i = 0; i < count; ++i) {
            if (i > INT_MAX - first_passed || sys::set_close_on_exec(first_passed + i) == -1)
                return contradict({"LISTEN_FDS is ", count, ", but descriptor ", first_passed + i, " is not open"});
            passed_.all_.push_back({sys::unique_fd(first_passed + i), "unknown"});
        }
    }

    /// A list separated by colons, empty names among them.
    void give_names(std::string_view names)
    {
        std::size_t count = 1;
        for (const char c : names) count += c == ':' ? 1 : 0;
        if (count != passed_.size())
            return contradict({"LISTEN_FDS is ", passed_.size(), ", but LISTEN_FDNAMES names ", count});
        for (auto& one : passed_.all_) {
            one.name = names.substr(0, names.find(':'));
            names.remove_prefix(one.name.size() < names.size() ? one.name.size() + 1 : names.size());
        }
    }

    [[gnu::cold]] void contradict(std::initializer_list<sys::piece> sentence)
    {
        contradiction_ = sys::joined(sentence);
    }

    passed_descriptors passed_{};
    std::string contradiction_{}; // told by listen_fds(): who makes the daemon cannot say it yet
};

} // namespace daemonkit
