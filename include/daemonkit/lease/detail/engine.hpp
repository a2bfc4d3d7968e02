// SPDX-License-Identifier: BSL-1.0
// What the owner of a lease, and a daemon that wants to be it, does next and when. No thread, no clock, no input or
// output: the driver tells what was sent and what came back, and when. The same engine runs against a fake store in
// virtual time.
//
//   campaigning  it does not know who owns the lease: acquire, again after a failure
//   standing_by  another daemon owns it: watch, then acquire
//   owner        it owns the lease: watch, then renew. Deadlines count from the send of the request that was answered
//                last, because the store counts from a later moment
//   lost         it owns nothing any more, and never again: run() is to end
//   ending       run() has ended: release
//   ended        nothing to do
#pragma once

#include "../../sys/boot_clock.hpp"
#include "../timing.hpp"

#include <algorithm>

namespace daemonkit::detail {

enum class lease_state { campaigning, standing_by, owner, lost, ending, ended };
enum class lease_request { none, acquire, renew, watch, release };

/// Why an owner owns nothing any more.
enum class lease_end {
    none,
    late, ///< soft loss: no renewal was answered in time, or run() was stuck
    taken ///< the store said so
};

/// Wait until `at`, or until something happens, and ask again; or send a request at once.
struct lease_order
{
    lease_request what = lease_request::none; ///< none: wait
    sys::boot_clock::time_point at{};         ///< for `none`: the time to ask again
    sys::boot_clock::time_point until{};      ///< a request that is not answered by then has failed
};

template <class LeaseTiming = lease_timing>
class lease_engine
{
    using time = sys::boot_clock::time_point;
    static constexpr time never = sys::boot_clock::never;

public:
    /// `expires`: the store ends a lease by itself.
    lease_engine(const LeaseTiming& timing, bool expires) noexcept : timing_(timing), expires_(expires) {}

    /// What to do now. `stuck`: run() has not waited for too long.
    [[nodiscard]] lease_order next(time now, bool stuck) const noexcept
    {
        switch (state_) {
        case lease_state::campaigning:
            if (now < pause_) return wait(pause_);
            return {lease_request::acquire, now, now + timing_.timeout()};
        case lease_state::standing_by:
            if (now < pause_) return wait(pause_);
            if (check_) return {lease_request::acquire, now, now + timing_.timeout()};
            return {lease_request::watch, now, now + timing_.renew()};
        case lease_state::owner: {
            const auto end = act_until();
            const auto due = std::max(check_ ? pause_ : renewed_ + timing_.renew(), pause_);
            if (stuck) return wait(std::min(now + timing_.retry(), end));
            if (now >= due) return {lease_request::renew, now, std::min(now + timing_.timeout(), end)};
            if (now < pause_) return wait(std::min(pause_, end));
            return {lease_request::watch, now, std::min(due, end)};
        }
        case lease_state::ending:
            if (now < pause_ && pause_ < release_until_) return wait(pause_);
            return {lease_request::release, now, release_until_};
        case lease_state::lost:
        case lease_state::ended: break;
        }
        return wait(never);
    }

    /// A request is sent now. Exactly one of the answers below follows, before the next request.
    void sent(lease_request what, time now) noexcept
    {
        sent_ = now;
        asks_ |= what == lease_request::acquire;
        if (what != lease_request::watch) check_ = false;
    }

    /// acquire: this daemon owns the lease. Too late, it does not: it asks again.
    void owned(time now) noexcept
    {
        if (state_ != lease_state::campaigning && state_ != lease_state::standing_by) return;
        state_ = lease_state::campaigning;
        if (expires_ && now >= sent_ + timing_.soft()) return;
        state_ = lease_state::owner;
        extend();
    }

    /// acquire: another daemon owns the lease.
    void held() noexcept
    {
        if (state_ == lease_state::campaigning || state_ == lease_state::standing_by) state_ = lease_state::standing_by;
    }

    /// renew: the lease lives on. Too late, nothing changes. `asked`: the owner is asked to step down.
    void renewed(time now, bool asked) noexcept
    {
        pass(now);
        if (state_ != lease_state::owner) return;
        extend();
        asked_ |= asked;
    }

    /// renew: another daemon can own the lease. The time until the kill is not longer than after a soft loss.
    void taken(time now) noexcept
    {
        if (state_ != lease_state::owner) return;
        lose(lease_end::taken);
        if (expires_) kill_at_ = std::min(kill_at_, now + timing_.kill() - timing_.soft());
    }

    /// watch: the owner may have changed, or `until` has come.
    void watched(time now) noexcept
    {
        check_ = true;
        pause_ = std::max(now, sent_ + timing_.look());
        pass(now);
    }

    /// release: done.
    void released() noexcept
    {
        if (state_ == lease_state::ending) state_ = lease_state::ended;
    }

    /// Any request: it cannot be told whether it reached the store.
    void failed(time now) noexcept
    {
        pause_ = std::max(now, sent_ + timing_.retry());
        if (state_ == lease_state::standing_by) check_ = true;
        if (state_ == lease_state::ending && pause_ >= release_until_) state_ = lease_state::ended;
        pass(now);
    }

    /// Time has passed: before next(). Soft loss.
    void pass(time now) noexcept
    {
        if (state_ == lease_state::owner && now >= act_until()) lose(lease_end::late);
    }

    /// run() and on_stop() have ended, or it is not to own anything: nothing acts any more.
    void stop(time now) noexcept
    {
        if (state_ == lease_state::ending || state_ == lease_state::ended) return;
        state_ = asks_ ? lease_state::ending : lease_state::ended;
        release_until_ = now + timing_.timeout();
        kill_at_ = never;
        pause_ = now;
    }

    [[nodiscard]] lease_state state() const noexcept { return state_; }
    /// Whether the daemon may act.
    [[nodiscard]] bool owns() const noexcept { return state_ == lease_state::owner; }
    /// Whether the owner is asked to step down.
    [[nodiscard]] bool asked() const noexcept { return asked_; }
    [[nodiscard]] lease_end end() const noexcept { return end_; }
    /// The time at which the kernel must kill this process; never: at no time.
    [[nodiscard]] time kill_at() const noexcept { return kill_at_; }
    /// The time of the soft loss.
    [[nodiscard]] time act_until() const noexcept { return expires_ ? renewed_ + timing_.soft() : never; }

private:
    [[nodiscard]] static lease_order wait(time at) noexcept { return {lease_request::none, at, at}; }

    void extend() noexcept
    {
        renewed_ = sent_;
        if (expires_) kill_at_ = sent_ + timing_.kill();
    }

    void lose(lease_end why) noexcept
    {
        state_ = lease_state::lost;
        end_ = why;
    }

    LeaseTiming timing_;
    bool expires_;
    lease_state state_ = lease_state::campaigning;
    lease_end end_ = lease_end::none;
    bool asks_ = false;  // an acquire was sent
    bool asked_ = false; // to step down
    bool check_ = false; // at the next opportunity: acquire, or renew
    time sent_{};        // the request in flight
    time renewed_{};     // the send of the request that was answered last
    time pause_ = time::min();
    time release_until_{};
    time kill_at_ = never;
};

} // namespace daemonkit::detail
