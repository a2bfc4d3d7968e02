// SPDX-License-Identifier: BSL-1.0
// A setting that brings its code: the constructor that takes a value refers to the code that applies it, so only
// programs that give this setting contain that code.
#pragma once

namespace daemonkit::detail {

/// The base of such a setting.
class optional_step
{
public:
    /// In the daemon, privileged, before on_start(). Does nothing if the setting is not given. Throws startup_error.
    void apply() const
    {
        if (apply_ != nullptr) apply_(*this);
    }
    /// Whether the program has given this setting.
    [[nodiscard]] bool is_given() const noexcept { return apply_ != nullptr; }

protected:
    using step = void (*)(const optional_step&);

    constexpr optional_step() noexcept = default;
    constexpr explicit optional_step(step code) noexcept : apply_(code) {}

private:
    step apply_ = nullptr;
};

} // namespace daemonkit::detail
