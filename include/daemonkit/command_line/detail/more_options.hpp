// SPDX-License-Identifier: BSL-1.0
// The options of a program for getopt_long(3): behind those of the library, numbered out of the way of all letters.
#pragma once

#include "../program_option.hpp"
#include "options.hpp"

#include <cstddef>
#include <cstdio>
#include <iterator>
#include <span>
#include <string>
#include <vector>

namespace daemonkit::detail {

class listed_options
{
public:
    explicit listed_options(std::span<const program_option> list)
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

    /// After the arguments were parsed.
    [[nodiscard]] program_options options() const { return {list_, given_}; }

    /// Refers to this object.
    [[nodiscard]] more_options get() const
    {
        return {this,
                letters_.c_str(),
                longs_.data(),
                [](const void* self, int number, const char* argument) { return of(self).read(number, argument); },
                [](const void* self, const char* word) { return of(self).read_word(word); },
                [](const void* self, std::FILE* to) { of(self).print(to); }};
    }

private:
    [[nodiscard]] static const listed_options& of(const void* self)
    {
        return *static_cast<const listed_options*>(self);
    }

    [[nodiscard]] std::string read(int option_number, const char* argument) const
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

    [[nodiscard]] std::string read_word(const char* word) const
    {
        for (const auto& one : list_)
            if (is_words(one)) return read(one, word);
        return sys::joined({"unexpected argument '", word, "'"});
    }

    void print(std::FILE* to) const
    {
        for (const auto& one : list_) {
            auto words = written(one, true);
            if (one.value.takes_argument()) words += sys::joined({" ", one.argument});
            if (words.size() > 15) words += sys::joined({"\n", std::string(18, ' ')}); // the text gets its own line
            std::fprintf(to, "  %-16s%s\n", words.c_str(), one.help);
        }
    }

    static constexpr int first = 1000;

    /// Whether it stands for the words behind "--".
    [[nodiscard]] static bool is_words(const program_option& one) { return !has_name(one) && one.letter.get() == 0; }
    [[nodiscard]] static bool has_name(const program_option& one) { return *one.name.c_str() != '\0'; }

    /// As it is written on a command line: "-p, --port".
    [[nodiscard]] static std::string written(const program_option& one, bool with_letter)
    {
        const char letter[] = {'-', one.letter.get(), '\0'};
        const bool has_letter = one.letter.get() != 0 && (with_letter || !has_name(one));
        return sys::joined({has_letter ? letter : "", has_letter && has_name(one) ? ", " : "",
                            has_name(one) || is_words(one) ? "--" : "", one.name.c_str()});
    }

    [[nodiscard]] static std::string read(const program_option& one, const char* argument)
    {
        const auto complaint = one.value.read(argument);
        if (complaint.empty()) return {};
        return sys::joined(
            {is_words(one) ? one.argument : written(one, false), " ", complaint, ", not '", argument, "'"});
    }

    std::span<const program_option> list_;
    mutable std::vector<std::string> given_{};
    std::string letters_ = detail::letters;
    std::vector<option> longs_;
};

} // namespace daemonkit::detail
