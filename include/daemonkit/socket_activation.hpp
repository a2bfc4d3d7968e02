// SPDX-License-Identifier: BSL-1.0
// Descriptors that a service manager passes to the daemon, sd_listen_fds(3): listening sockets (socket activation), and
// descriptors that an earlier process of this daemon stored with store_descriptor(). A mixin:
//
//   struct echod : daemonkit::universal_daemon<echod>, daemonkit::socket_activation
//
// The constructor takes them, which is before the daemon detaches: LISTEN_PID is the pid of the launcher.
#pragma once

#include "core/require_cxx20.hpp"

#include "compiled.hpp"
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

/// The descriptors that the manager passed, in its order. The destructor closes those that were not taken.
class passed_descriptors
{
public:
    /// How many were passed, also if some were taken.
    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
    /// Whether none were passed.
    [[nodiscard]] bool empty() const noexcept { return all_.empty(); }

    /// The descriptor at index `i`, which this object still owns; -1 if there is none, or it was taken.
    [[nodiscard]] int operator[](std::size_t i) const noexcept { return i < size() ? all_[i].fd.get() : -1; }
    /// The name of the descriptor at index `i`: FileDescriptorName= of a socket, or the name given to
    /// store_descriptor(). "unknown" if the manager passes no names.
    [[nodiscard]] std::string_view name_of(std::size_t i) const noexcept
    {
        return i < size() ? std::string_view(all_[i].name) : std::string_view();
    }

    /// The first descriptor with this name that was not taken; -1 if there is none.
    [[nodiscard]] int named(std::string_view name) const noexcept { return (*this)[index_of(name)]; }
    /// All descriptors with this name that were not taken: systemd gives every socket of a unit the same name.
    [[nodiscard]] std::vector<int> all_named(std::string_view name) const;

    /// Takes the descriptor at index `i`, which the caller then owns; empty if there is none, or it was taken.
    [[nodiscard]] sys::unique_fd take(std::size_t i) noexcept
    {
        return i < size() ? std::move(all_[i].fd) : sys::unique_fd();
    }
    /// Takes the first descriptor with this name; a second call takes the next one.
    [[nodiscard]] sys::unique_fd take(std::string_view name) noexcept { return take(index_of(name)); }

private:
    friend class socket_activation;

    struct passed
    {
        sys::unique_fd fd;
        std::string name;
    };

    [[nodiscard]] std::size_t index_of(std::string_view name) const noexcept
    {
        std::size_t i = 0;
        while (i < size() && !(all_[i].fd && all_[i].name == name)) ++i;
        return i;
    }

    std::vector<passed> all_{};
};

/// The kind of socket that accept(2) needs: a listening stream socket of any family.
inline constexpr sys::socket_kind listening_stream{AF_UNSPEC, SOCK_STREAM, true};

/// Whether `fd` is a socket of the wanted kind, like sd_is_socket(3).
[[nodiscard]] inline bool is_socket(int fd, const sys::socket_kind& wanted) noexcept
{
    return sys::socket_kind_of(fd).is(wanted);
}

/// Throws startup_error, exit status 6, unless `fd` is a socket of the wanted kind. The message names the mistake in
/// the manager's configuration, which otherwise shows only when a later system call fails.
DAEMONKIT_INLINE void require_socket(int fd, const sys::socket_kind& wanted);

/// Derive from it beside the daemon class; see above.
class socket_activation
{
public:
    /// Takes the descriptors and sets close-on-exec. Removes the LISTEN_* variables from the environment, because
    /// children do not have these descriptors.
    socket_activation();

    /// The descriptors that were passed to this process; none if the manager passed none. Call it in on_start() or
    /// run(). Throws startup_error, exit status 6, if the LISTEN_* variables are not consistent.
    [[nodiscard]] passed_descriptors& listen_fds()
    {
        if (!error_.empty()) throw_bad_setting("take the passed descriptors", {}, error_);
        return passed_;
    }

    /// For the lifecycle: the descriptors that must stay open in a daemon that detaches.
    [[nodiscard]] std::vector<int> kept_descriptors() const;

private:
    static constexpr int first_passed = 3; // SD_LISTEN_FDS_START

    void take_passed(long long count);

    /// `names` is a list separated by colons; names can be empty.
    void set_names(std::string_view names);

    [[gnu::cold]] void note_error(std::initializer_list<sys::piece> sentence) { error_ = sys::joined(sentence); }

    passed_descriptors passed_{};
    std::string error_{}; // thrown by listen_fds(): during construction it could not be reported
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::vector<int> passed_descriptors::all_named(std::string_view name) const
{
    std::vector<int> found;
    for (const auto& one : all_)
        if (one.fd && one.name == name) found.push_back(one.fd.get());
    return found;
}

DAEMONKIT_INLINE void require_socket(int fd, const sys::socket_kind& wanted)
{
    if (is_socket(fd, wanted)) return;
    const auto kind = sys::socket_kind_of(fd);
    throw_bad_setting(
        "use the passed descriptor", sys::joined({fd}),
        sys::joined({"it is ", kind ? sys::describe(kind) : "not a socket", ", but must be ", sys::describe(wanted)}));
}

DAEMONKIT_INLINE socket_activation::socket_activation()
{
    const auto pid = sys::take_variable("LISTEN_PID");
    const auto count = sys::take_variable("LISTEN_FDS");
    const auto names = sys::take_variable("LISTEN_FDNAMES");
    static_cast<void>(sys::take_variable("LISTEN_PIDFDID"));
    if (!pid || !count) return;
    const auto receiver = sys::number_in(*pid);
    const auto number = sys::number_in(*count);
    if (receiver == -1) {
        note_error({"LISTEN_PID is not a number: \"", *pid, "\""});
    } else if (receiver == sys::this_process()) {
        if (number != -1)
            take_passed(number);
        else
            note_error({"LISTEN_FDS is not a number: \"", *count, "\""});
        if (names && !passed_.empty() && error_.empty()) set_names(*names);
    }
}

DAEMONKIT_INLINE std::vector<int> socket_activation::kept_descriptors() const
{
    std::vector<int> kept;
    for (const auto& one : passed_.all_)
        if (one.fd) kept.push_back(one.fd.get());
    return kept;
}

DAEMONKIT_INLINE void socket_activation::take_passed(long long count)
{
    for (int i = 0; i < count; ++i) {
        if (i > INT_MAX - first_passed || sys::set_close_on_exec(first_passed + i) == -1)
            return note_error({"LISTEN_FDS is ", count, ", but descriptor ", first_passed + i, " is not open"});
        passed_.all_.push_back({sys::unique_fd(first_passed + i), "unknown"});
    }
}

DAEMONKIT_INLINE void socket_activation::set_names(std::string_view names)
{
    std::size_t count = 1;
    for (const char c : names) count += c == ':' ? 1 : 0;
    if (count != passed_.size())
        return note_error({"LISTEN_FDS is ", passed_.size(), ", but LISTEN_FDNAMES names ", count});
    for (auto& one : passed_.all_) {
        one.name = names.substr(0, names.find(':'));
        names.remove_prefix(one.name.size() < names.size() ? one.name.size() + 1 : names.size());
    }
}

#endif

} // namespace daemonkit
