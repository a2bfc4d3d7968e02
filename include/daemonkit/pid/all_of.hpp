// SPDX-License-Identifier: BSL-1.0
// Two identities that a daemon must both hold, such as a pid file on this host and a lease among hosts. They are given
// back in the reverse order. The verbs use the first alone, so they work while nothing can be learned of the second.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../core/startup_error.hpp"
#include "../sys/descriptor_set.hpp"
#include "../sys/private_fd.hpp"
#include "../text/joined.hpp"
#include "concept.hpp"
#include "requirements.hpp"

#include <new>
#include <string>
#include <string_view>
#include <vector>

namespace daemonkit {

namespace detail {

/// The guards of all_of, in the order in which they were claimed.
template <class FirstGuard, class SecondGuard>
class guards_of_all
{
public:
    template <class FirstPolicy, class SecondPolicy>
    guards_of_all(const FirstPolicy& first, const SecondPolicy& second) : first_(first.claim()), second_(second.claim())
    {
    }

    void publish(pid_t pid)
    {
        first_.publish(pid);
        second_.publish(pid);
        if constexpr (!never_wakes<FirstGuard> && !never_wakes<SecondGuard>)
            both_.reset(check_call_of("epoll_create1", sys::open_descriptor_set(first_.lost_fd(), second_.lost_fd()),
                                      "open the descriptor of two identities"));
    }

    void started() noexcept
    {
        each([](auto& guard) {
            if constexpr (has_started<std::remove_cvref_t<decltype(guard)>>) guard.started();
        });
    }
    void reloading(bool begins) noexcept
    {
        each([&](auto& guard) {
            if constexpr (has_reloading<std::remove_cvref_t<decltype(guard)>>) guard.reloading(begins);
        });
    }
    void stopping() noexcept
    {
        each([](auto& guard) {
            if constexpr (has_stopping<std::remove_cvref_t<decltype(guard)>>) guard.stopping();
        });
    }

    /// In the first, behind the role in the second.
    void status(std::string_view line) noexcept
        requires keeps_status<FirstGuard>
    {
        if constexpr (has_role<SecondGuard>) try {
                const std::string role = second_.role();
                const bool more = !line.empty() && line != role;
                return first_.status(sys::joined({role, more ? "; " : "", more ? line : ""}));
            } catch (const std::bad_alloc&) { // without the role
            }
        first_.status(line);
    }

    void release() noexcept
    {
        second_.release();
        first_.release();
    }

    [[nodiscard]] sys::raw_removal removal() const noexcept
        requires has_removal<FirstGuard>
    {
        return first_.removal();
    }
    void take_over() noexcept
        requires(has_take_over<FirstGuard> && has_take_over<SecondGuard>)
    {
        first_.take_over();
        second_.take_over();
    }
    [[nodiscard]] int control_fd() const noexcept
        requires has_control_fd<FirstGuard>
    {
        return first_.control_fd();
    }

    [[nodiscard]] std::vector<int> descriptors() const
    {
        std::vector<int> all;
        for (const int fd : first_.descriptors()) all.push_back(fd);
        for (const int fd : second_.descriptors()) all.push_back(fd);
        return all;
    }

    [[nodiscard]] int lost_fd() const
    {
        if constexpr (never_wakes<FirstGuard>)
            return second_.lost_fd();
        else if constexpr (never_wakes<SecondGuard>)
            return first_.lost_fd();
        else
            return both_.get();
    }

    [[nodiscard]] bool keep()
    {
        first_kept_ = first_.keep();
        return second_.keep() && first_kept_;
    }

    [[nodiscard]] std::string loss() const
    {
        if constexpr (has_loss<SecondGuard>)
            if (first_kept_) return second_.loss();
        if constexpr (has_loss<FirstGuard>)
            if (!first_kept_) return first_.loss();
        return taken_over;
    }
    [[nodiscard]] bool lost() const noexcept
        requires(has_lost<FirstGuard> || has_lost<SecondGuard>)
    {
        if constexpr (has_lost<FirstGuard>)
            if (first_.lost()) return true;
        if constexpr (has_lost<SecondGuard>) return second_.lost();
        return false;
    }
    [[nodiscard]] bool has_news()
        requires(tells_news<FirstGuard> || tells_news<SecondGuard>)
    {
        bool some = false;
        each([&](auto& guard) {
            if constexpr (tells_news<std::remove_cvref_t<decltype(guard)>>) some = guard.has_news() || some;
        });
        return some;
    }

    void campaign()
        requires has_owns<SecondGuard>
    {
        second_.campaign();
    }
    void waiting(bool begins) noexcept
        requires(has_waiting<FirstGuard> || has_waiting<SecondGuard>)
    {
        each([&](auto& guard) {
            if constexpr (has_waiting<std::remove_cvref_t<decltype(guard)>>) guard.waiting(begins);
        });
    }
    [[nodiscard]] std::chrono::nanoseconds wait_interval() const noexcept
        requires has_wait_interval<SecondGuard>
    {
        return second_.wait_interval();
    }
    [[nodiscard]] bool owns() const
        requires has_owns<SecondGuard>
    {
        return second_.owns();
    }
    [[nodiscard]] bool is_ready_standing_by() const
        requires has_owns<SecondGuard>
    {
        return second_.is_ready_standing_by();
    }
    [[nodiscard]] std::string role() const
        requires has_owns<SecondGuard>
    {
        return second_.role();
    }

    [[nodiscard]] const FirstGuard& first() const noexcept { return first_; }    ///< for run()
    [[nodiscard]] const SecondGuard& second() const noexcept { return second_; } ///< for run()

private:
    template <class EachFunction>
    void each(const EachFunction& call) noexcept
    {
        call(first_);
        call(second_);
    }

    FirstGuard first_;
    SecondGuard second_;
    sys::private_fd both_{};
    bool first_kept_ = true;
};

} // namespace detail

/// Two identities that the daemon must both hold. Find, stop and reload use the first. The second can let the daemon
/// stand by, and be lost.
template <class FirstPolicy, class SecondPolicy>
struct all_of
{
    FirstPolicy first;   ///< claimed first, given back last
    SecondPolicy second; ///< claimed second, given back first

    static constexpr bool records_pid = FirstPolicy::records_pid; ///< find() and where() exist

    /// In the launcher. Throws what the policies throw.
    [[nodiscard]] auto claim() const
    {
        return detail::guards_of_all<detail::identity_type<FirstPolicy>, detail::identity_type<SecondPolicy>>(first,
                                                                                                              second);
    }

    /// The live daemon, by the first.
    [[nodiscard]] pid_holder find() const
        requires records_pid
    {
        return first.find();
    }
    /// The place of the record of the first.
    [[nodiscard]] std::string where() const
        requires records_pid
    {
        return first.where();
    }
    /// Whether the first has a record.
    [[nodiscard]] bool has_record() const noexcept
        requires detail::has_has_record<FirstPolicy>
    {
        return first.has_record();
    }
    /// For reload(), by the first.
    [[nodiscard]] sys::unique_fd control_socket(const pid_holder& daemon) const
        requires detail::has_control_socket<FirstPolicy>
    {
        return first.control_socket(daemon);
    }
    /// What the daemon said last, without its role.
    [[nodiscard]] std::string status_line(const pid_holder& daemon) const
        requires detail::has_status_line<FirstPolicy>
    {
        const std::string line = first.status_line(daemon);
        if constexpr (detail::has_role<detail::identity_type<SecondPolicy>>)
            return line.substr(line.find("; ") == std::string::npos ? line.size() : line.find("; ") + 2);
        else
            return line;
    }
    /// The role of the daemon in the second.
    [[nodiscard]] status_details details(const pid_holder& daemon) const
        requires(detail::has_status_line<FirstPolicy> && detail::has_details_of<SecondPolicy>)
    {
        const std::string line = first.status_line(daemon);
        return SecondPolicy::details_of(std::string_view(line).substr(0, line.find("; ")));
    }
};

} // namespace daemonkit
