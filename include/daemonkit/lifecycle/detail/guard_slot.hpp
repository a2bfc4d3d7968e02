// SPDX-License-Identifier: BSL-1.0
// The place of a guard in the runtime. The lifecycle makes the guard and releases it. The destructor of the slot does
// not: exit(3) destroys a daemon object with static storage, also in the launcher and in children made by fork(), and
// the guards must stay as they are then, as after a crash.
#pragma once

#include <cstddef>
#include <new>

namespace daemonkit::detail {

template <class AnyGuard>
class guard_slot
{
public:
    guard_slot() noexcept = default;
    guard_slot(const guard_slot&) = delete;
    guard_slot& operator=(const guard_slot&) = delete;
    ~guard_slot() = default;

    /// The guard is the result of `maker()` itself, which need not be movable.
    template <class MakerFunction>
    void make(MakerFunction maker)
    {
        ::new (static_cast<void*>(storage_)) AnyGuard(maker());
        full_ = true;
    }

    void release() noexcept
    {
        if (!full_) return;
        full_ = false;
        (**this).~AnyGuard();
    }

    /// Without a release: in a child made by fork(2), where the guard is the parent's.
    void forget() noexcept { full_ = false; }

    [[nodiscard]] explicit operator bool() const noexcept { return full_; }
    [[nodiscard]] AnyGuard& operator*() noexcept { return *operator->(); }
    [[nodiscard]] const AnyGuard& operator*() const noexcept { return *operator->(); }
    // NOLINTBEGIN(*-reinterpret-cast)
    [[nodiscard]] AnyGuard* operator->() noexcept { return std::launder(reinterpret_cast<AnyGuard*>(storage_)); }
    [[nodiscard]] const AnyGuard* operator->() const noexcept
    {
        return std::launder(reinterpret_cast<const AnyGuard*>(storage_));
    }
    // NOLINTEND(*-reinterpret-cast)

private:
    alignas(AnyGuard) std::byte storage_[sizeof(AnyGuard)]{}; // zeros: GCC would warn of guards that may not be there
    bool full_ = false;
};

} // namespace daemonkit::detail
