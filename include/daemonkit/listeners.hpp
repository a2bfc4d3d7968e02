// SPDX-License-Identifier: BSL-1.0
// Who is told what becomes of the daemon: the origin, until it is ready; a service manager, as long as it lives, if the
// ForkPolicy has a link to one. Everything here is for the thread that called start(), between on_start() and on_stop().
#pragma once

#include "fork/concept.hpp"
#include "sys/deadline.hpp"
#include "sys/file.hpp"
#include "sys/joined.hpp"

#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>

namespace daemonkit {

template <class ForkPolicy>
class listeners
{
public:
    /// While the daemon initialises: the origin waits `more` from now on, whatever its deadline was. A service manager
    /// does so too, and while the daemon stops (EXTEND_TIMEOUT_USEC, sd_notify(3)).
    template <class Rep, class Period>
    void extend(std::chrono::duration<Rep, Period> more)
    {
        tell([&]<class Link>(Link& link) {
            if (!ready_ || listens_for_life<Link>) link.extend(sys::saturate(more));
        });
    }

    /// The daemon is up: whoever waits for it, waits no longer. Once; called by the lifecycle before run(), or by run()
    /// itself in a class that declares `static constexpr bool announces_ready = true`.
    void ready() noexcept
    {
        if (!std::exchange(ready_, true)) tell([](auto& link) { link.ready(); });
    }

    // ---- for a service manager; without one, or with a ForkPolicy that knows of none, nothing happens --------------

    /// One line about what the daemon does, for people (STATUS, sd_notify(3)).
    void notify_status(std::string_view text) noexcept
    {
        tell_manager([&](auto& manager) { manager.status(text); });
    }

    /// The most that may pass between two wait() or wait_for(), in which the manager is told that run() works (half of
    /// WATCHDOG_USEC, sd_watchdog_enabled(3)); they keep to it themselves. std::chrono::nanoseconds::max(): any time.
    /// For loops of other libraries, which call wait_for(0s) so often.
    [[nodiscard]] std::chrono::nanoseconds watchdog_interval() const noexcept
    {
        auto interval = sys::forever;
        tell_manager([&](const auto& manager) { interval = manager.watchdog_interval(); });
        return interval;
    }

    /// Gives the manager a copy of a descriptor for the next life, after a restart or a crash: listen_fds() of
    /// socket_activation.hpp has it there under this name (FDSTORE, sd_notify(3)). Whether somebody was told.
    bool store_descriptor(int fd, std::string_view name)
    {
        bool sent = false;
        check_descriptor_name(name);
        tell_manager([&](auto& manager) { sent = manager.store(fd, name); });
        return sent;
    }

    /// The manager forgets what was stored under this name.
    void remove_descriptor(std::string_view name)
    {
        check_descriptor_name(name);
        tell_manager([&](auto& manager) { manager.remove(name); });
    }

protected:
    listeners() noexcept = default;
    ~listeners() = default;

    struct nobody
    {};

    template <class Fork>
    static auto foreground_link()
    {
        if constexpr (has_foreground<Fork>)
            return std::type_identity<decltype(std::declval<const Fork&>().foreground().detach())>();
        else
            return std::type_identity<nobody>();
    }

    using link_type = std::remove_cvref_t<decltype(std::declval<const ForkPolicy&>().detach())>;
    /// Who is told something by the verb run of a ForkPolicy that detaches.
    using foreground_link_type = typename decltype(foreground_link<ForkPolicy>())::type;

    /// Whoever waits for this start, and whoever listens as long as the daemon lives.
    template <class Say>
    void tell(Say say) const
    {
        if (link_ != nullptr) say(*link_);
        if constexpr (!std::is_same_v<foreground_link_type, nobody>)
            if (foreground_ != nullptr) say(*foreground_);
    }

    template <class Say>
    void tell_manager(Say say) const
    {
        tell([&]<class Link>([[maybe_unused]] Link& link) {
            if constexpr (listens_for_life<Link>) say(link);
        });
    }

    /// To standard error, where nobody else can be told any more.
    [[gnu::cold]] void complain(std::string_view who, std::string_view what) const
    {
        const auto sentence = sys::joined({who, ": ", what});
        bool told = false;
        tell_manager([&](auto& manager) {
            manager.complain(sentence);
            told = true;
        });
        if (!told) sys::write_all(2, sys::joined({sentence, "\n"}));
    }

    /// Whether there is anybody of that kind in this program.
    static constexpr bool has_manager = listens_for_life<link_type> || listens_for_life<foreground_link_type>;

    bool ready_ = false;
    link_type* link_ = nullptr; // null where a policy that detaches does not
    foreground_link_type* foreground_ = nullptr;

private:
    static void check_descriptor_name(std::string_view name)
    {
        bool allowed = !name.empty() && name.size() <= 255;
        for (const char c : name) allowed = allowed && c >= ' ' && c < 127 && c != ':';
        if (!allowed)
            throw std::invalid_argument("daemonkit: the name of a stored descriptor is 1 to 255 printable characters "
                                        "of ASCII, none of them a colon");
    }
};

} // namespace daemonkit
