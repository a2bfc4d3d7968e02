// SPDX-License-Identifier: BSL-1.0
// What can happen in the simulated world. Every choice - what happens to a request, to a process - is taken from a list:
// a test tries all of them.
#pragma once

#include <daemonkit/lease/detail/engine.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace simulation {

using daemonkit::detail::lease_engine;
using daemonkit::detail::lease_request;
using daemonkit::detail::lease_state;
using clock = daemonkit::sys::boot_clock;

inline constexpr long never = std::numeric_limits<long>::max();
inline constexpr long ttl = 9000;

/// All sequences of choices, one after the other.
class choices
{
public:
    explicit choices(std::size_t most) : most_(most) {}

    /// A number below `count`; 0 after `most` choices of one run.
    int choose(int count)
    {
        if (at_ == most_) return 0;
        if (at_ == taken_.size()) taken_.push_back({0, count});
        return taken_[at_++].first;
    }
    /// The next sequence; false: that was the last one.
    bool next()
    {
        at_ = 0;
        while (!taken_.empty() && taken_.back().first + 1 == taken_.back().second) taken_.pop_back();
        if (taken_.empty()) return false;
        ++taken_.back().first;
        return true;
    }
    [[nodiscard]] std::string text() const
    {
        std::string all;
        for (const auto& one : taken_) all += std::to_string(one.first) + ' ';
        return all;
    }

private:
    std::size_t most_;
    std::size_t at_ = 0;
    std::vector<std::pair<int, int>> taken_{};
};

/// What happens to a request.
enum class fate {
    fine,
    lost,        ///< it never reaches the store
    answer_lost, ///< it reaches the store
    answer_late, ///< it is answered after the soft loss, by a session that breaks its promise
    answer_slow, ///< it is answered when its time is up
    slow,        ///< it reaches the store when its time is up, and is answered
    delayed,     ///< it has failed, and reaches the store much later
    doubled,     ///< it reaches the store once more, much later
    count
};

/// What happens to the first owner.
enum class trouble {
    none,
    frozen,       ///< it stops for ever
    frozen_short, ///< and goes on before the soft loss
    frozen_long,  ///< and goes on between soft loss and kill
    stuck,        ///< its run() never waits
    stops,        ///< in order
    count
};

/// A deliberate fault of the program under test, or of its surroundings.
enum class fault {
    none,
    from_answer,    ///< deadlines count from the answer
    no_soft_loss,   ///< an owner acts until it is killed
    no_kill,        ///< as pid 1
    kill_at_expiry, ///< without a margin
    fast_store,     ///< clocks differ by more than the margin allows
};

struct timing : daemonkit::lease_timing
{
    fault with = fault::none;
    [[nodiscard]] std::chrono::nanoseconds soft() const noexcept
    {
        return with == fault::no_soft_loss ? kill() * 2 : lease_timing::soft();
    }
    [[nodiscard]] std::chrono::nanoseconds kill() const noexcept
    {
        return with == fault::kill_at_expiry ? ttl : lease_timing::kill();
    }
};

/// A daemon that wants the lease.
struct process
{
    process(int number, fault with, int slow)
        : engine(timing{{std::chrono::milliseconds(ttl)}, with}, true), rate(100 - slow), id(number)
    {
    }

    [[nodiscard]] clock::time_point local(long at) const
    {
        return clock::time_point(std::chrono::milliseconds(1'000'000) + std::chrono::microseconds(at * rate * 10));
    }
    [[nodiscard]] long world(clock::time_point at) const
    {
        if (at == clock::never) return never;
        const auto micro = std::chrono::ceil<std::chrono::microseconds>(at.time_since_epoch()).count() - 1'000'000'000;
        return static_cast<long>((micro + rate * 10 - 1) / (rate * 10));
    }
    [[nodiscard]] bool runs() const { return alive && !frozen; }

    lease_engine<timing> engine;
    long rate; // in percent
    int id;
    bool alive = true;
    bool frozen = false;
    bool stuck = false;
    bool acts = false; // from the moment it owns until it is dead, or run() has ended
    bool told = false; // run() knows that it is to end
    long wakes = 0;
    long kills = never;
    long thaws = never;
    int request = 0; // the number of the request in flight; 0: none
    lease_request what{};
    long until = 0; // of the request
    long run_ends = never;
};

/// What is on its way between the processes and the store.
enum class kind { arrives, answers, fails };
struct message
{
    long at;
    kind what;
    int to;      // process
    int request; // number
    lease_request of;
    long read; // arrives: when its answer is read; never: it is not
    bool yes;  // answers
};

} // namespace simulation
