// SPDX-License-Identifier: BSL-1.0
// Builds sentences and paths from texts and numbers by one function. A chain of + and std::to_string takes some hundred
// bytes of code at each place where it is used.
#pragma once

#include "../compiled.hpp"
#include "short_text.hpp"

#include <sys/types.h>

#include <algorithm>
#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace daemonkit::sys {

/// A text, or a whole number that is written in decimal.
class piece
{
public:
    /// Keeps no copy.
    piece(const char* text) noexcept : piece(std::string_view(text)) {} // NOLINT(*-explicit-*)
    /// Keeps no copy.
    piece(const std::string& text) noexcept : piece(std::string_view(text)) {} // NOLINT(*-explicit-*)
    /// Keeps no copy.
    piece(std::string_view text) noexcept : begin_(text.data()), value_(text.size()) {} // NOLINT(*-explicit-*)
    /// In decimal.
    template <std::integral IntegerType>
    piece(IntegerType number) noexcept // NOLINT(*-explicit-*)
        : number_(true), negative_(number < 0),
          value_(number < 0 ? 0 - static_cast<unsigned long long>(number) : static_cast<unsigned long long>(number))
    {
    }

    /// No less than the length of the text.
    [[nodiscard]] std::size_t room() const noexcept { return number_ ? 20 : static_cast<std::size_t>(value_); }

    /// Writes the text, which has at most room() bytes. Returns where it ends.
    char* write_to(char* at) const noexcept
    {
        return number_ ? write_digits(at) : std::copy_n(begin_, static_cast<std::size_t>(value_), at);
    }

    /// Appends the text.
    template <class TextBuffer>
    void append_to(TextBuffer& all) const
    {
        char digits[20];
        if (number_)
            all.append(digits, static_cast<std::size_t>(write_digits(digits) - digits));
        else
            all.append(begin_, static_cast<std::size_t>(value_));
    }

private:
    [[gnu::noinline]] char* write_digits(char* at) const noexcept
    {
        char digits[20];
        char* first = std::end(digits);
        auto rest = value_;
        do *--first = static_cast<char>('0' + rest % 10);
        while ((rest /= 10) != 0);
        if (negative_) *at++ = '-';
        return std::copy(first, std::end(digits), at);
    }

    const char* begin_ = nullptr; // of a text
    bool number_ = false;
    bool negative_ = false;
    unsigned long long value_; // of a number, or the size of a text
};

/// A number in decimal, without allocating memory.
template <std::integral IntegerType>
[[nodiscard]] short_text<20> decimal(IntegerType number) noexcept
{
    short_text<20> text;
    piece(number).append_to(text);
    return text;
}

/// The pieces one after the other, cut after `MaxLength` bytes, without allocating memory.
template <std::size_t MaxLength>
[[nodiscard]] short_text<MaxLength> short_joined(std::initializer_list<piece> pieces) noexcept
{
    short_text<MaxLength> all;
    for (const auto& one : pieces) one.append_to(all);
    return all;
}

/// The pieces one after the other, in a new string.
[[nodiscard]] DAEMONKIT_INLINE std::string joined(std::initializer_list<piece> pieces);

/// A file mode in octal with a leading zero: "0644".
DAEMONKIT_INLINE std::string octal(mode_t mode);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::string joined(std::initializer_list<piece> pieces)
{
    std::size_t room = 0;
    for (const auto& one : pieces) room += one.room();
    std::string all(room, '\0');
    char* end = all.data();
    for (const auto& one : pieces) end = one.write_to(end);
    all.erase(static_cast<std::size_t>(end - all.data()));
    return all;
}

DAEMONKIT_INLINE std::string octal(mode_t mode)
{
    short_text<5> digits("0");
    for (int shift = mode > 0777U ? 9 : 6; shift >= 0; shift -= 3) {
        const auto digit = static_cast<char>('0' + ((mode >> static_cast<unsigned>(shift)) & 7U));
        digits.append(&digit, 1);
    }
    return joined({digits.view()});
}

#endif

} // namespace daemonkit::sys
