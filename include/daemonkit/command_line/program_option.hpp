// SPDX-License-Identifier: BSL-1.0
// Options of the program beside those of the library, for command_line(): a plain array of program_option.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../sys/cancellation.hpp"
#include "../sys/deadline.hpp"
#include "../text/joined.hpp"

#include <charconv>
#include <concepts>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace daemonkit {

namespace detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_duration = false;
template <class Rep, class Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> = true;

/// A number that is the whole text, in the range of its type; otherwise what it must be.
template <class NumberType>
[[nodiscard]] std::string read_number(const char* text, NumberType& into)
{
    const char* const end = text + std::strlen(text);
    if constexpr (std::is_integral_v<NumberType>) {
        NumberType number = 0;
        const auto read = std::from_chars(text, end, number);
        if (read.ec == std::errc() && read.ptr == end) {
            into = number;
            return {};
        }
        return sys::joined({"must be a whole number from ", std::numeric_limits<NumberType>::min(), " to ",
                            std::numeric_limits<NumberType>::max()});
    } else {
        char* read = nullptr;
        const double number = std::strtod(text, &read); // std::from_chars(3) for these came late to libc++
        constexpr double most = std::numeric_limits<NumberType>::max();
        // Not infinity, NaN, hexadecimal digits and spaces, which strtod(3) takes.
        if (read == text || read != end || !(number >= -most && number <= most) ||
            text[std::strspn(text, "0123456789+-.eE")] != '\0')
            return "must be a number";
        into = static_cast<NumberType>(number);
        return {};
    }
}

/// Stores the text as a value of the type of `into`. Returns what it must be, if it is not that.
template <class T>
[[nodiscard]] std::string read_value(const char* text, T& into)
{
    if constexpr (std::is_same_v<T, bool>) {
        into = true;
    } else if constexpr (is_optional<T>) {
        typename T::value_type value{};
        auto complaint = read_value(text, value);
        if (complaint.empty()) into = value;
        return complaint;
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
        into.emplace_back(text);
    } else if constexpr (is_duration<T>) {
        double seconds = 0;
        if (!read_number(text, seconds).empty() || seconds < 0 || seconds > 1e9) return "must be a number of seconds";
        into = std::chrono::duration_cast<T>(std::chrono::duration<double>(seconds));
    } else if constexpr (std::is_arithmetic_v<T>) {
        return read_number(text, into);
    } else if constexpr (std::is_invocable_v<T&, const char*>) {
        try {
            into(text);
        } catch (const std::exception& e) {
            return *e.what() != '\0' ? sys::joined({"is refused: ", e.what()}) : std::string("is refused");
        } catch (...) {
            sys::pass_on_unwinding();
            return "is refused";
        }
    } else {
        into = text;
    }
    return {};
}

} // namespace detail

/// Where the value of an option goes: a variable of main(), which must outlive command_line(). A `bool` becomes true, and
/// the option takes no argument then. Numbers, durations (in seconds), text, paths, and `std::optional` of these are set;
/// `std::vector<std::string>` collects the arguments of an option that is given several times. A function is called with
/// the argument; what it throws is the message.
class option_value
{
public:
    /// Refers to the variable or function.
    template <class T>
        requires(!std::is_same_v<std::remove_const_t<T>, option_value>)
    option_value(T& into) noexcept // NOLINT(*-explicit-*): a setting is written as its value
        : into_(const_cast<std::remove_const_t<T>*>(&into)), takes_argument_(!std::is_same_v<T, bool>),
          read_([](void* object, const char* text) { return detail::read_value(text, *static_cast<T*>(object)); })
    {
        static_assert(!std::is_const_v<T> || std::is_invocable_v<T&, const char*>,
                      "daemonkit: the value of an option goes to a variable that is not const");
    }

    [[nodiscard]] bool takes_argument() const noexcept { return takes_argument_; } ///< false for a `bool`
    /// Stores the value. Returns what is wrong with it: "must be a number".
    [[nodiscard]] std::string read(const char* text) const { return read_(into_, text); }

private:
    void* into_;
    bool takes_argument_;
    std::string (*read_)(void*, const char*);
};

/// The long name of an option, checked at compile time.
class option_name
{
public:
    consteval option_name() = default;
    /// Lower-case letters, digits and "-"; not a name that the library has.
    consteval option_name(const char* name) : name_(name) // NOLINT(*-explicit-*): a setting is written as its value
    {
        for (const char* c = name; *c != '\0'; ++c)
            if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || (*c == '-' && c != name)))
                an_option_name_has_lower_case_letters_digits_and_dashes();
        for (const char* const taken :
             {"timeout", "ready-fd", "json", "quiet", "verbose", "help", "version", "instance"})
            if (std::string_view(taken) == name) this_option_is_one_of_the_library();
    }
    [[nodiscard]] const char* c_str() const noexcept { return name_; } ///< the name

private:
    static void an_option_name_has_lower_case_letters_digits_and_dashes() {}
    static void this_option_is_one_of_the_library() {}

    const char* name_ = "";
};

/// The letter of an option, checked at compile time.
class option_letter
{
public:
    consteval option_letter() = default;
    /// An ASCII letter or digit but h and V, which are --help and --version.
    consteval option_letter(char letter) : letter_(letter) // NOLINT(*-explicit-*): a setting is written as its value
    {
        if (!((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9')))
            an_option_letter_is_a_letter_or_a_digit();
        if (letter == 'h' || letter == 'V') this_letter_is_one_of_the_library();
    }
    [[nodiscard]] char get() const noexcept { return letter_; } ///< 0: none

private:
    static void an_option_letter_is_a_letter_or_a_digit() {}
    static void this_letter_is_one_of_the_library() {}

    char letter_ = 0;
};

/// An option of the program, an element of the array that command_line() is given. Without a name and a letter: what
/// follows "--" on the command line, one word at a time.
struct program_option
{
    option_name name{};         ///< "port" for --port
    option_letter letter{};     ///< 'p' for -p; none by default
    const char* argument = "X"; ///< the name of its argument in --help
    const char* help = "";      ///< what it does, in a few words
    option_value value;         ///< where its value goes
};

/// The options of a program, and how they were given on this command line: "--port=80", "-l".
struct program_options
{
    std::span<const program_option> list{}; ///< all that there are
    std::span<const std::string> given{};   ///< each with its value, in order; without the words behind "--"
};

} // namespace daemonkit
