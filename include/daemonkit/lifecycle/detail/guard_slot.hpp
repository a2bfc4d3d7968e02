// SPDX-License-Identifier: BSL-1.0
// The place of a guard in the runtime. The lifecycle makes the guard and releases it. The destructor of the slot does
// not: exit(3) destroys a daemon object with static storage, also in the launcher and in children made by fork(), and
// the guards must stay as they are then, as after a crash.
#pragma once

#include <new>

namespace daemonkit::detail {

template <class AnyGuard>
class guard_slot
{
public:
    guard_slot() noexcept {} // NOLINT(modernize-use-equals-default): the union has no default
    guard_slot(const guard_slot&) = delete;
    guard_slot& operator=(const guard_slot&) = delete;
    ~guard_slot() {} // NOLINT(modernize-use-equals-default): as above

    /// The guard is the result of `maker()` itself, which need not be movable.
    template <class MakerFunction>
    void make(MakerFunction maker)
    {
        ::new (static_cast<void*>(&guard)) AnyGuard(maker());
        full_ = true;
    }

    void release() noexcept
    {
        if (!full_) return;
        full_ = false;
        guard.~AnyGuard();
    }

    [[nodiscard]] explicit operator bool() const noexcept { return full_; }
    [[nodiscard]] AnyGuard& operator*() noexcept { return guard; }
    [[nodiscard]] const AnyGuard& operator*() const noexcept { return guard; }
    [[nodiscard]] AnyGuard* operator->() noexcept { return &guard; }
    [[nodiscard]] const AnyGuard* operator->() const noexcept { return &guard; }

private:
    union
    {
        AnyGuard guard;
    };
    bool full_ = false;
};

} // namespace daemonkit::detail
