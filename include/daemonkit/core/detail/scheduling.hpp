// SPDX-License-Identifier: BSL-1.0
// How the kernel schedules a daemon, as settings that bring their code. The names are those of systemd.exec(5).
#pragma once

#include "../../compiled.hpp"
#include "../../sys/scheduling.hpp"
#include "../../text/joined.hpp"
#include "../io_class.hpp"
#include "../startup_error.hpp"
#include "optional_step.hpp"

#include <array>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace daemonkit::detail {

/// nice(1): -20 to 19.
class nice_value : public optional_step
{
public:
    nice_value() = default;
    nice_value(int value)
        : optional_step(set), value_(value) {} // NOLINT(*-explicit-*): a setting is written as its value
    [[nodiscard]] int value() const noexcept { return value_; }

private:
    static void set(const optional_step& setting);

    int value_ = 0;
};

/// proc(5), oom_score_adj: -1000 to 1000.
class oom_score : public optional_step
{
public:
    oom_score() = default;
    oom_score(int value) : optional_step(set), value_(value) {} // NOLINT(*-explicit-*)
    [[nodiscard]] int value() const noexcept { return value_; }

private:
    static void set(const optional_step& setting);

    int value_ = 0;
};

/// A policy of sched(7) and its priority.
class cpu_scheduling_policy : public optional_step
{
public:
    cpu_scheduling_policy() = default;
    cpu_scheduling_policy(int policy, int priority = 0) // NOLINT(*-explicit-*)
        : optional_step(set), policy_(policy), priority_(priority)
    {
    }
    [[nodiscard]] int policy() const noexcept { return policy_; }
    [[nodiscard]] int priority() const noexcept { return priority_; }

private:
    static void set(const optional_step& setting);

    static std::string name_of(int policy);

    int policy_ = 0;
    int priority_ = 0;
};

/// The processors that a daemon may use, by number from 0.
class processors : public optional_step
{
public:
    processors() = default;
    processors(std::initializer_list<int> numbers) : processors(std::vector(numbers)) {}
    processors(std::vector<int> numbers) // NOLINT(*-explicit-*)
        : optional_step(set), numbers_(std::move(numbers))
    {
    }
    [[nodiscard]] const std::vector<int>& values() const noexcept { return numbers_; }

private:
    static void set(const optional_step& setting);

    std::vector<int> numbers_{};
};

/// A class and a level of ioprio_set(2).
class io_scheduling_class : public optional_step
{
public:
    io_scheduling_class() = default;
    io_scheduling_class(io_class of, int level = 4) // NOLINT(*-explicit-*)
        : optional_step(set), class_(of), level_(of == io_class::idle ? 0 : level)
    {
    }
    [[nodiscard]] io_class value() const noexcept { return class_; }
    [[nodiscard]] int level() const noexcept { return level_; }

private:
    static void set(const optional_step& setting);

    io_class class_ = io_class::best_effort;
    int level_ = 4;
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE void nice_value::set(const optional_step& setting)
{
    const int value = static_cast<const nice_value&>(setting).value_;
    if (value < -20 || value > 19) // the kernel would take the nearest value
        throw_bad_setting("set the nice value", sys::joined({value}), "it must be from -20 to 19");
    check_call(sys::set_nice(value), "set the nice value", sys::joined({value}));
}

DAEMONKIT_INLINE void oom_score::set(const optional_step& setting)
{
    const int value = static_cast<const oom_score&>(setting).value_;
    if (value < -1000 || value > 1000)
        throw_bad_setting("set the OOM score adjustment", sys::joined({value}), "it must be from -1000 to 1000");
    check_call(sys::set_oom_score_adjust(value), "set the OOM score adjustment", sys::joined({value}));
}

DAEMONKIT_INLINE void cpu_scheduling_policy::set(const optional_step& setting)
{
    const auto& self = static_cast<const cpu_scheduling_policy&>(setting);
    if (sys::set_cpu_scheduling(self.policy_, self.priority_) == 0) return;
    const auto object = sys::joined({name_of(self.policy_), " with priority ", self.priority_});
    const char* const step = "set the CPU scheduling policy";
    if (errno != EINVAL) throw_errno(step, object);
    throw_bad_setting(step, object, "there is no such policy, or it does not have this priority");
}

DAEMONKIT_INLINE std::string cpu_scheduling_policy::name_of(int policy)
{
    const int without = policy & ~SCHED_RESET_ON_FORK;
    constexpr std::array names{"SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "", "SCHED_IDLE"};
    if (without < 0 || without > SCHED_IDLE || without == 4) return sys::joined({policy});
    return sys::joined({names[static_cast<std::size_t>(without)], without != policy ? "|SCHED_RESET_ON_FORK" : ""});
}

DAEMONKIT_INLINE void processors::set(const optional_step& setting)
{
    const auto& numbers = static_cast<const processors&>(setting).numbers_;
    if (sys::set_cpu_affinity(numbers) == 0) return;
    std::string object;
    for (const int number : numbers) object += sys::joined({object.empty() ? "" : " ", number});
    throw_errno("set the CPU affinity", object,
                errno == EINVAL ? "none of these processors exists and is allowed here" : std::string_view());
}

DAEMONKIT_INLINE void io_scheduling_class::set(const optional_step& setting)
{
    const auto& self = static_cast<const io_scheduling_class&>(setting);
    constexpr std::array names{"", "realtime", "best-effort", "idle"};
    const auto number = static_cast<std::size_t>(self.class_);
    const auto object =
        sys::joined({number < names.size() ? names[number] : "of this number", " with level ", self.level_});
    const char* const step = "set the I/O scheduling class";
    if (self.level_ < 0 || self.level_ > 7) throw_bad_setting(step, object, "a level is from 0 to 7");
    check_call(sys::set_io_priority(static_cast<int>(number), self.level_), step, object);
}

#endif

} // namespace daemonkit::detail
