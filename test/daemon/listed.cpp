// SPDX-License-Identifier: BSL-1.0
// A program with the list of options that LIST names. It prints what each option was given.
#include "support/environment.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace {

struct listed : daemonkit::container_daemon<listed>
{
    int run(const std::vector<std::string>& seen) // NOLINT(*-static)
    {
        for (const auto& one : seen) std::puts(one.c_str());
        return 0;
    }
};

struct all_verbs
{
    static constexpr daemonkit::verb_help verbs[] = {{"export", "FILE FORMAT", "write the state to a file", true},
                                                     {"compact-everything-now", "", "compact", true}};
    static int carry_out(const auto&) { return 0; }
};
struct with_verbs : daemonkit::container_daemon<with_verbs>
{
    using more_verbs = all_verbs;
    int run(const std::vector<std::string>&) { return 0; } // NOLINT(*-static)
};

template <class Daemon>
int program(int argc, char** argv, std::span<const daemonkit::program_option> list,
            const std::vector<std::string>& seen)
{
    return daemonkit::command_line<Daemon>(argc, argv, list, [] { return typename Daemon::settings{}; }, seen);
}

} // namespace

int main(int argc, char** argv)
{
    using daemonkit::program_option;
    std::vector<std::string> seen;
    bool flag = false;
    const auto which = environment_variable("LIST");
    const auto use = [&](std::initializer_list<program_option> list) {
        return program<listed>(argc, argv, {list.begin(), list.size()}, seen);
    };
    if (which == "names")
        return use({{.name = "port", .letter = 'p', .argument = "N", .value = seen},
                    {.name = "peer", .value = seen},
                    {.name = "port", .argument = "NAME", .value = seen}});
    if (which == "letters")
        return use({{.name = "port", .letter = 'p', .value = seen}, {.letter = 'p', .value = flag}});
    if (which == "words") return use({{.argument = "FILE", .value = seen}, {.argument = "HOST", .value = seen}});
    if (which == "flag") return use({{.value = flag}});
    if (which == "none") return use({});
    if (which == "prefixes") // of options of the library, and of each other
        return use({{.name = "time", .letter = 't', .value = seen},
                    {.name = "j", .value = seen},
                    {.name = "jso", .value = flag},
                    {.name = "quiet-hours", .value = seen}});
    if (which == "verbs") return program<with_verbs>(argc, argv, {}, seen);
    static constexpr const char* help = "the first line\nthe second line";
    const program_option many[] = {{.name = "a", .help = help, .value = seen},
                                   {.name = "bb", .value = seen},
                                   {.name = "eleven-char", .help = "h", .value = seen},
                                   {.name = "twelve-chars", .help = "h", .value = seen},
                                   {.name = "option-4", .value = seen},
                                   {.name = "option-5", .value = seen},
                                   {.name = "option-6", .value = seen},
                                   {.name = "option-7", .value = seen},
                                   {.name = "option-8", .value = seen},
                                   {.name = "option-9", .value = seen},
                                   {.name = "option-10", .value = seen},
                                   {.name = "option-11", .value = seen},
                                   {.name = "option-12", .value = seen},
                                   {.name = "option-13", .value = seen},
                                   {.name = "option-14", .value = seen},
                                   {.name = "option-15", .value = seen},
                                   {.name = "option-16", .value = seen},
                                   {.name = "option-17", .value = seen},
                                   {.name = "option-18", .value = seen},
                                   {.name = "option-19", .value = seen},
                                   {.name = "option-20", .value = seen},
                                   {.name = "option-21", .value = seen},
                                   {.name = "option-22", .value = seen},
                                   {.name = "option-23", .value = seen},
                                   {.name = "option-24", .value = seen},
                                   {.name = "option-25", .value = seen},
                                   {.name = "option-26", .value = seen},
                                   {.name = "option-27", .value = seen},
                                   {.name = "option-28", .value = seen},
                                   {.letter = 'z', .help = nullptr, .value = seen},
                                   {.argument = "FILE...", .help = "files", .value = seen}};
    return program<listed>(argc, argv, many, seen);
}
