// SPDX-License-Identifier: BSL-1.0
// The options of a program for getopt_long(3): behind those of the library, numbered out of the way of all letters.
#pragma once

#include "../../compiled.hpp"
#include "../program_option.hpp"
#include "options.hpp"

#include <cstddef>
#include <cstdio>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace daemonkit::detail {

class listed_options
{
public:
    explicit listed_options(std::span<const program_option> list);

    /// A list that a command line could not mean: prints what is wrong with it. Returns the exit status.
    [[nodiscard, gnu::cold]] std::optional<int> refuse(const std::string& name, int argc, char** argv) const;

    /// After the arguments were parsed.
    [[nodiscard]] program_options options() const { return {list_, given_}; }

    /// Refers to this object.
    [[nodiscard]] more_options get() const;

private:
    [[nodiscard]] static const listed_options& of(const void* self)
    {
        return *static_cast<const listed_options*>(self);
    }

    [[nodiscard]] std::string read(int option_number, const char* argument) const;

    [[nodiscard]] std::string read_word(const char* word) const;

    void print(std::FILE* to) const;

    /// Two options with the same name or letter, or without both; words that are not stored.
    [[nodiscard]] std::string mistake() const;

    /// What two options have in common on a command line.
    [[nodiscard]] static std::string shared(const program_option& a, const program_option& b);

    /// Its words in --help: "-p, --port N".
    [[nodiscard]] static std::string described(const program_option& one);

    [[nodiscard]] const char* words() const
    {
        for (const auto& one : list_)
            if (is_words(one)) return one.argument;
        return nullptr;
    }

    static constexpr int first = 1000;

    /// Whether it stands for the words behind "--".
    [[nodiscard]] static bool is_words(const program_option& one) { return !has_name(one) && one.letter.get() == 0; }
    [[nodiscard]] static bool has_name(const program_option& one) { return *one.name.c_str() != '\0'; }

    /// As it is written on a command line: "-p, --port".
    [[nodiscard]] static std::string written(const program_option& one, bool with_letter);

    [[nodiscard]] static std::string read(const program_option& one, const char* argument);

    std::span<const program_option> list_;
    mutable std::vector<std::string> given_{};
    std::string letters_ = detail::letters;
    std::vector<option> longs_;
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE listed_options::listed_options(std::span<const program_option> list)
    : list_(list), longs_(std::begin(long_options), std::end(long_options) - 1)
{
    for (std::size_t i = 0; i < list_.size(); ++i) {
        const auto& one = list_[i];
        const bool takes = one.value.takes_argument();
        if (has_name(one))
            longs_.push_back(
                {one.name.c_str(), takes ? required_argument : no_argument, nullptr, first + static_cast<int>(i)});
        if (one.letter.get() == 0) continue;
        letters_ += one.letter.get();
        if (takes) letters_ += ':';
    }
    longs_.push_back({nullptr, 0, nullptr, 0});
}

DAEMONKIT_INLINE std::optional<int> listed_options::refuse(const std::string& name, int argc, char** argv) const
{
    const auto wrong = mistake();
    if (wrong.empty()) return {};
    std::fprintf(stderr, "%s: the options of this program are wrong, correct its source: %s\n", name.c_str(),
                 wrong.c_str());
    return names_status(argc, argv) ? exit_status::status_unknown : exit_status::usage;
}

DAEMONKIT_INLINE more_options listed_options::get() const
{
    return {this,
            letters_.c_str(),
            longs_.data(),
            [](const void* self, int number, const char* argument) { return of(self).read(number, argument); },
            [](const void* self, const char* word) { return of(self).read_word(word); },
            [](const void* self, std::FILE* to) { of(self).print(to); },
            words()};
}

DAEMONKIT_INLINE std::string listed_options::read(int option_number, const char* argument) const
{
    for (std::size_t i = 0; i < list_.size(); ++i)
        if (option_number == first + static_cast<int>(i) || option_number == list_[i].letter.get()) {
            given_.push_back(sys::joined({written(list_[i], false),
                                          !list_[i].value.takes_argument() ? ""
                                          : has_name(list_[i])             ? "="
                                                                           : "",
                                          list_[i].value.takes_argument() ? argument : ""}));
            return read(list_[i], argument);
        }
    return {};
}

DAEMONKIT_INLINE std::string listed_options::read_word(const char* word) const
{
    for (const auto& one : list_)
        if (is_words(one)) return read(one, word);
    return sys::joined({"unexpected argument '", word, "'"});
}

DAEMONKIT_INLINE void listed_options::print(std::FILE* to) const
{
    for (const auto& one : list_) {
        const auto words = described(one);
        auto line = sys::joined({"  ", words, help_column.substr(words.size() > 15 ? 0 : words.size() + 3)});
        for (const char c : std::string_view(one.help != nullptr ? one.help : ""))
            c == '\n' ? line += help_column : line += c;
        std::fprintf(to, "%s\n", line.c_str());
    }
}

DAEMONKIT_INLINE std::string listed_options::mistake() const
{
    for (std::size_t i = 0; i < list_.size(); ++i) {
        const auto& one = list_[i];
        if (is_words(one) && !one.value.takes_argument())
            return sys::joined({"number ", i + 1, " has neither a name nor a letter, and its value is a bool"});
        for (std::size_t j = 0; j < i; ++j)
            if (const auto both = shared(list_[j], one); !both.empty())
                return sys::joined({both, " is number ", j + 1, ", '", described(list_[j]), "', and number ", i + 1,
                                    ", '", described(one), "'"});
    }
    return {};
}

DAEMONKIT_INLINE std::string listed_options::shared(const program_option& a, const program_option& b)
{
    const char letter[] = {'-', a.letter.get(), '\0'};
    if (letter[1] != 0 && letter[1] == b.letter.get()) return letter;
    const std::string_view name = a.name.c_str();
    return name == b.name.c_str() && (!name.empty() || (is_words(a) && is_words(b))) ? sys::joined({"--", name})
                                                                                     : std::string();
}

DAEMONKIT_INLINE std::string listed_options::described(const program_option& one)
{
    auto words = written(one, true);
    if (one.value.takes_argument()) words += sys::joined({" ", one.argument});
    return words;
}

DAEMONKIT_INLINE std::string listed_options::written(const program_option& one, bool with_letter)
{
    const char letter[] = {'-', one.letter.get(), '\0'};
    const bool has_letter = one.letter.get() != 0 && (with_letter || !has_name(one));
    return sys::joined({has_letter ? letter : "", has_letter && has_name(one) ? ", " : "",
                        has_name(one) || is_words(one) ? "--" : "", one.name.c_str()});
}

DAEMONKIT_INLINE std::string listed_options::read(const program_option& one, const char* argument)
{
    const auto complaint = one.value.read(argument);
    if (complaint.empty()) return {};
    return sys::joined({is_words(one) ? one.argument : written(one, false), " ", complaint, ", not '", argument, "'"});
}

#endif

} // namespace daemonkit::detail
