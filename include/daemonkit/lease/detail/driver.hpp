// SPDX-License-Identifier: BSL-1.0
// Runs the engine against a session of a store, in a thread of its own: what the owner of a lease is told, and what the
// kernel is told about it. The thread throws nothing, and blocks every signal.
#pragma once

#include "../../core/startup_error.hpp"
#include "../../sys/boot_timer.hpp"
#include "../../sys/event_fd.hpp"
#include "../../sys/host_name.hpp"
#include "../../sys/kill_timer.hpp"
#include "../../sys/process.hpp"
#include "../../sys/worker_thread.hpp"
#include "../concept.hpp"
#include "engine.hpp"

#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace daemonkit::detail {

/// This process as a holder.
[[nodiscard]] inline lease_holder this_holder()
{
    sys::small_text boot;
    if (sys::read_boot_id(boot) == -1) boot.length = 0;
    auto id = boot.view();
    if (id.ends_with('\n')) id.remove_suffix(1);
    const pid_t pid = sys::this_process();
    const auto stat = sys::read_process_stat(pid);
    return {sys::host_name(), std::string(id), pid, stat ? stat->start : 0, 0};
}

/// What the thread last saw.
struct lease_view
{
    lease_state state = lease_state::campaigning;
    bool asked = false;                   ///< the owner is asked to step down
    lease_end end = lease_end::none;      ///< why it is lost
    std::uint64_t token = 0;              ///< of this daemon, from when it became the owner
    std::optional<lease_holder> holder{}; ///< while standing by: the owner; as owner: this process
    std::string error{};                  ///< why the last request failed; empty: it did not
};

template <lease_store Store, class LeaseTiming = lease_timing>
class lease_driver
{
    using clock = sys::boot_clock;
    using session_of_store = session_type<Store>;

public:
    lease_driver(Store store, const LeaseTiming& timing)
        : store_(std::move(store)), timing_(timing), engine_(timing, Store::expires)
    {
    }
    lease_driver(const lease_driver&) = delete;
    lease_driver& operator=(const lease_driver&) = delete;
    ~lease_driver() { end(); }

    /// Starts to campaign, in the daemon, after the last fork. Throws startup_error if this process cannot be killed by
    /// its timer: then it must not lead.
    void begin()
    {
        constexpr const char* step = "campaign for the lease";
        if (timing_.ttl < std::chrono::seconds(1)) throw_bad_setting(step, store_.where(), "the TTL is less than 1 s");
        self_ = this_holder();
        if (Store::expires && self_.pid == 1)
            throw startup_error::not_implemented(step, store_.where(),
                                                 "as pid 1 the daemon cannot be killed when its lease is about to "
                                                 "expire: run it as a child of an init, for example of `podman run "
                                                 "--init`");
        if (Store::expires) check_call_of("timer_create", timer_.create(), step, store_.where());
        check_call(clock_.create(), step, store_.where());
        changed_.reset(check_call(sys::open_event(), step, store_.where()));
        wake_.reset(check_call(sys::open_event(), step, store_.where()));
        const auto work = [](void* driver) -> void* {
            static_cast<lease_driver*>(driver)->work();
            return nullptr;
        };
        check_call(thread_.start(work, this), step, store_.where());
    }

    /// Releases the lease, in the daemon, after run() and on_stop() have ended. Takes at most a fifth of the TTL.
    void end() noexcept
    {
        stopping_.store(true, std::memory_order_release);
        if (wake_) sys::raise_event(wake_.get());
        thread_.join();
    }

    /// Whether this daemon may act now; any thread, one load.
    [[nodiscard]] bool owns() const noexcept { return owns_.load(std::memory_order_acquire); }
    /// Whether the owner is asked to step down; any thread, one load.
    [[nodiscard]] bool asked() const noexcept { return asked_.load(std::memory_order_relaxed); }
    /// The token of this daemon, which is the owner or was; any thread, one load. 0: it never was.
    [[nodiscard]] std::uint64_t token() const noexcept { return token_.load(std::memory_order_acquire); }
    /// Readable after each change of the view, until take_change(). -1: begin() was not called.
    [[nodiscard]] int changed_fd() const noexcept { return changed_.get(); }
    /// Makes changed_fd() not readable.
    void take_change() noexcept { sys::lower_event(changed_.get()); }
    /// Any thread.
    [[nodiscard]] lease_view view() const
    {
        const std::lock_guard lock(mutex_);
        return view_;
    }

    /// How often run() has to wait, so that it is not taken for stuck.
    [[nodiscard]] std::chrono::nanoseconds wait_interval() const noexcept
    {
        return timing_.stuck_after.count() > 0 ? timing_.stuck_after / 2 : sys::forever;
    }
    /// run() waits now, and is not stuck however long that takes. Any thread; no system call.
    void waiting() noexcept { busy_since_.store(0, std::memory_order_relaxed); }
    /// run() works from now on, until the next waiting().
    void working() noexcept { busy_since_.store(ticks(clock::now()), std::memory_order_relaxed); }

private:
    static std::int64_t ticks(clock::time_point time) noexcept { return time.time_since_epoch().count(); }

    [[nodiscard]] bool stuck(clock::time_point now) const noexcept
    {
        const auto since = busy_since_.load(std::memory_order_relaxed);
        return timing_.stuck_after.count() > 0 && since != 0 && ticks(now) - since > timing_.stuck_after.count();
    }

    void work() noexcept
    {
        std::optional<session_of_store> session;
        for (;;) {
            const auto now = clock::now();
            if (stopping_.load(std::memory_order_acquire)) {
                sys::lower_event(wake_.get());
                engine_.stop(now);
            }
            engine_.pass(now);
            tell();
            if (engine_.state() == lease_state::ended) return;
            const auto order = engine_.next(now, stuck(now));
            if (order.what == lease_request::none) {
                clock_.set(order.at);
                clock_.wait(wake_.get());
                continue;
            }
            engine_.sent(order.what, now);
            try {
                if (!session) session.emplace(store_.open({timing_.ttl, wake_.get()}));
                carry_out(*session, order);
                error_.clear();
            } catch (const std::exception& e) {
                failed(e.what());
            } catch (...) {
                failed("the session of the store threw no std::exception");
            }
        }
    }

    void carry_out(session_of_store& session, const lease_order& order)
    {
        switch (order.what) {
        case lease_request::acquire: {
            auto answer = session.acquire(self_, order.until);
            if (answer.token != 0) {
                self_.token = answer.token;
                holder_ = self_;
                engine_.owned(clock::now());
            } else {
                holder_ = std::move(answer.holder);
                engine_.held();
            }
            break;
        }
        case lease_request::renew: {
            const auto answer = session.renew(order.until);
            if (answer == lease_renewal::lost)
                engine_.taken(clock::now());
            else
                engine_.renewed(clock::now(), answer == lease_renewal::asked);
            break;
        }
        case lease_request::watch:
            session.watch(order.until);
            engine_.watched(clock::now());
            break;
        case lease_request::release:
            session.release(order.until);
            engine_.released();
            break;
        case lease_request::none: break;
        }
    }

    void failed(const char* why) noexcept
    {
        try {
            error_ = why;
        } catch (...) {
            error_.clear();
        }
        engine_.failed(clock::now());
    }

    // The kernel first, then the threads of the program. An owner that cannot arm its timer is none.
    void tell() noexcept
    {
        if (const auto at = engine_.kill_at(); Store::expires && at != armed_) {
            armed_ = at;
            if (timer_.arm(at) == -1) engine_.taken(clock::now());
        }
        const bool owns = engine_.owns();
        if (owns) token_.store(self_.token, std::memory_order_release);
        owns_.store(owns, std::memory_order_release);
        asked_.store(engine_.asked(), std::memory_order_relaxed);

        const std::lock_guard lock(mutex_);
        const auto& holder = owns || engine_.state() == lease_state::standing_by ? holder_ : nothing_;
        const bool changed = view_.state != engine_.state() || view_.asked != engine_.asked() ||
                             view_.holder != holder || view_.error != error_;
        try {
            view_ = {engine_.state(), engine_.asked(), engine_.end(), token(), holder, error_};
        } catch (...) { // no memory for the text
            view_.state = engine_.state();
            view_.asked = engine_.asked();
            view_.end = engine_.end();
        }
        if (changed) sys::raise_event(changed_.get());
    }

    Store store_;
    LeaseTiming timing_;
    lease_engine<LeaseTiming> engine_; // this and what follows to armed_: of the thread
    lease_holder self_{};
    std::optional<lease_holder> holder_{};
    std::optional<lease_holder> nothing_{};
    std::string error_{};
    sys::boot_clock::time_point armed_ = sys::boot_clock::never;
    sys::kill_timer timer_{};
    sys::boot_timer clock_{};
    sys::unique_fd changed_{};
    sys::unique_fd wake_{};
    mutable std::mutex mutex_{};
    lease_view view_{};
    std::atomic<std::uint64_t> token_{0};
    std::atomic<std::int64_t> busy_since_{0}; // 0: it waits
    std::atomic<bool> owns_{false};
    std::atomic<bool> asked_{false};
    std::atomic<bool> stopping_{false};
    sys::worker_thread thread_{};
};

} // namespace daemonkit::detail
