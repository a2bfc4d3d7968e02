// SPDX-License-Identifier: BSL-1.0
// The abstract sockets of a daemon that is published.
#pragma once

#include "../../compiled.hpp"
#include "../../sys/control_socket.hpp"
#include "../../sys/fork_handler.hpp"
#include "abstract_socket.hpp"

#include <cerrno>
#include <chrono>
#include <string>

namespace daemonkit::detail {

/// In the daemon, for its life; children made by fork() do not hold the sockets.
class abstract_socket_guard
{
public:
    /// Takes the sockets that it does not have yet. False if another process holds the first name: find() tells
    /// which. The control socket is then held all the same.
    bool take(const abstract_socket& socket, const process_identity& self);

    /// Whether the first name is held.
    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(first_.socket); }
    /// For questions about a reload (reload_protocol.hpp); -1: none.
    [[nodiscard]] int control_fd() const noexcept { return control_.socket.get(); }
    void reset() noexcept
    {
        first_ = {};
        control_ = {};
    }
    /// For an identity that has changed: the next take() makes another control socket.
    void reset_control() noexcept { control_ = {}; }
    /// In a child, where the descriptors are closed.
    void forget() noexcept
    {
        first_.socket.forget();
        control_.socket.forget();
    }

private:
    struct bound
    {
        sys::unique_fd socket{};
        sys::fork_handler closed_in_child{}; // destroyed before the socket
    };

    static bool bind(bound& one, const std::string& name, sys::messages accepted);

    bound first_;
    bound control_;
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE bool abstract_socket_guard::take(const abstract_socket& socket, const process_identity& self)
{
    // In this order: a process that sees the first name finds the control socket, too.
    auto name = socket.control_name(self);
    for (int tries = 0; !control_.socket && !bind(control_, name, sys::messages::with_credentials); ++tries) {
        if (tries == 100) break; // no result of a reload can be had, which is said there
        name =
            sys::joined({socket.control_name(self), ".", std::chrono::steady_clock::now().time_since_epoch().count()});
    }
    return first_.socket || bind(first_, socket.name(), sys::messages::none);
}

[[gnu::noinline]] DAEMONKIT_INLINE bool abstract_socket_guard::bind(bound& one, const std::string& name,
                                                                    sys::messages accepted)
{
    if (sys::take_socket_name(one.socket, name, accepted) == -1) {
        if (errno == EADDRINUSE) return false;
        throw_errno("bind the abstract socket", name);
    }
    one.closed_in_child = sys::fork_handler(sys::close_in_child, one.socket.get());
    if (!one.closed_in_child) throw_errno("register a fork handler");
    return true;
}

#endif

} // namespace daemonkit::detail
