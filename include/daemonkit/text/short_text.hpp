// SPDX-License-Identifier: BSL-1.0
// Text of bounded length, for places where no memory may be allocated.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace daemonkit::sys {

/// Text of at most `Room` bytes; more is cut off.
template <std::size_t MaxLength>
class short_text
{
public:
    short_text() noexcept = default;
    explicit short_text(std::string_view text) noexcept { *this += text; } ///< cuts what does not fit

    /// Cuts what does not fit.
    short_text& operator+=(std::string_view more) noexcept
    {
        length_ += more.copy(bytes_.data() + length_, MaxLength - length_);
        return *this;
    }
    void append(const char* more, std::size_t length) noexcept { *this += {more, length}; } ///< cuts what does not fit

    /// Shortens the text to at most `length` bytes.
    void cut(std::size_t length) noexcept { length_ = length < length_ ? length : length_; }

    /// The text with a null byte after it. Only for texts shorter than `Room`.
    [[nodiscard]] const char* c_str() noexcept
    {
        bytes_[length_] = '\0';
        return bytes_.data();
    }

    /// Valid as long as this is.
    [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), length_}; }
    /// As view().
    operator std::string_view() const noexcept { return view(); } // NOLINT(*-explicit-*)

private:
    std::array<char, MaxLength> bytes_; // not zeroed: it is written before it is read
    std::size_t length_ = 0;
};

} // namespace daemonkit::sys
