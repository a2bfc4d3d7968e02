// SPDX-License-Identifier: BSL-1.0
// Several texts as one number: FNV-1a, 64 bits. It prevents coincidence, not forgery: users that can write a pid file
// are trusted.
#pragma once

#include <cstdint>
#include <string_view>

namespace daemonkit::detail {

class fingerprint
{
public:
    /// Adds a text and an end mark: "a", "bc" differs from "ab", "c".
    [[gnu::noinline]] fingerprint& fold(std::string_view text) noexcept
    {
        for (const char c : text) add(static_cast<unsigned char>(c));
        add(0);
        return *this;
    }

    [[nodiscard]] std::uint64_t value() const noexcept { return hash_ ^ hash_ >> 32U; }

private:
    void add(unsigned char byte) noexcept { hash_ = (hash_ ^ byte) * 1099511628211U; }

    std::uint64_t hash_ = 14695981039346656037U;
};

} // namespace daemonkit::detail
