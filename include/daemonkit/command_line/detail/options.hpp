// SPDX-License-Identifier: BSL-1.0
// Parses the command line by getopt_long(3): one verb, and options before or after it. A mistake is one line on standard
// error, and a second that names --help; exit status 2 (LSB 3.1, section 20.2).
#pragma once

#include "../../core/exit_status.hpp"
#include "../../instance.hpp"
#include "../../sys/deadline.hpp"
#include "../../sys/environment.hpp"
#include "../../text/joined.hpp"
#include "../../text/utf8.hpp"
#include "../verb.hpp"

#include <getopt.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace daemonkit::detail {

inline constexpr const char* letters = "-hV"; // "-": words are passed in their order
enum : int {
    word = 1,
    option_timeout = 256,
    option_ready_fd,
    option_json,
    option_quiet,
    option_verbose,
    option_instance
};
inline constexpr option long_options[] = {{"timeout", required_argument, nullptr, option_timeout},
                                          {"ready-fd", required_argument, nullptr, option_ready_fd},
                                          {"json", no_argument, nullptr, option_json},
                                          {"quiet", no_argument, nullptr, option_quiet},
                                          {"verbose", no_argument, nullptr, option_verbose},
                                          {"instance", required_argument, nullptr, option_instance},
                                          {"help", no_argument, nullptr, 'h'},
                                          {"version", no_argument, nullptr, 'V'},
                                          {nullptr, 0, nullptr, 0}};

/// The options of a program beside those of the library. Pointers to functions, so that programs without any contain no
/// code for them; for virtual functions compilers guess the only class and include its code.
struct more_options
{
    const void* self;
    const char* letters; ///< as getopt(3) takes them
    const option* names; ///< as getopt_long(3) takes them
    /// Stores the argument of an option. Returns what is wrong with it.
    std::string (*read)(const void* self, int option_number, const char* argument);
    /// The same for a word behind "--".
    std::string (*read_word)(const void* self, const char* word);
    void (*print)(const void* self, std::FILE* to); ///< their lines of --help
    const char* words;                              ///< the name of the words behind "--" in --help; null: none
};

/// What --help and --version print.
struct described_program
{
    std::string name;
    std::string (*version)(const char* library_version); ///< makes the text, which only --version needs
    const char* library_version;
    std::span<const verb_help> verbs;
    std::span<const verb_help> more_verbs;
    bool has_instances;
    const char* with_json = "status"; ///< the verbs with --json
};

/// What an option or a verb does begins in this column of --help, on a line of its own if its words are longer.
inline constexpr std::string_view help_column = "\n                  ";

/// The line of a verb in --help; empty if the daemon does not have it.
[[nodiscard, gnu::cold]] inline std::string usage_of(const verb_help& v)
{
    if (!v.exists) return {};
    const auto length = std::strlen(v.name) + std::strlen(v.operand) + (*v.operand != '\0' ? 1 : 0);
    return sys::joined({"  ", v.name, *v.operand != '\0' ? " " : "", v.operand,
                        help_column.substr(length > 15 ? 0 : length + 3), v.does, "\n"});
}

/// Whether one of the arguments is the verb status, where they were not parsed.
[[nodiscard, gnu::cold]] inline bool names_status(int argc, char** argv)
{
    for (int i = 1; i < argc; ++i)
        if (std::strcmp(argv[i], "status") == 0) return true;
    return false;
}

/// Takes the verb out of the arguments.
[[nodiscard, gnu::cold]] inline verb take_verb(int& argc, char** argv, std::span<const verb_help> more = {})
{
    const auto take = [&]() -> std::string_view {
        if (argc < 2 || *argv[1] == '-' || *argv[1] == '\0') return {};
        const char* const word = argv[1];
        for (int i = 1; i < argc; ++i) argv[i] = argv[i + 1]; // with the null pointer at the end
        --argc;
        return word;
    };
    verb taken{take()};
    bool has_operand = taken == "signal" || taken == "print";
    for (const auto& one : more) has_operand |= taken == one.name && *one.operand != '\0';
    if (has_operand) taken.operand = take();
    return taken;
}

/// The verb and the options of one command line.
struct options : verb_options
{
    verb asked{};
    const verb_help* known = nullptr; ///< of `asked`, once parse() has found it

    /// Parses the arguments. Returns an exit status if the program should exit now: after an error, --help or
    /// --version.
    [[gnu::cold]] std::optional<int> parse(int argc, char** argv, const described_program& program,
                                           const more_options* more)
    {
        const char* const shorts = more != nullptr ? more->letters : detail::letters;
        const option* const longs = more != nullptr ? more->names : long_options;
        std::string complaint;
        bool read = true;
        ::optind = 0; // resets getopt_long(3), for a program that parses a second time
        for (int c = 0; read && (c = ::getopt_long(argc, argv, shorts, longs, nullptr)) != -1;) {
            switch (c) {
            case word: complaint = read_word(program, ::optarg); break;
            case option_timeout: complaint = read_timeout(::optarg); break;
            case option_ready_fd: complaint = read_descriptor(::optarg); break;
            case option_json: json = true; break;
            case option_quiet: quiet = true; break;
            case option_verbose: verbose = true; break;
            case option_instance: complaint = read_instance(program, ::optarg); break;
            case 'h': print_usage(program, more); return exit_status::done;
            case 'V':
                std::printf("%s %s\n", program.name.c_str(), program.version(program.library_version).c_str());
                return exit_status::done;
            case '?': read = false; break; // getopt_long(3) has printed the reason
            default:
                if (more != nullptr) complaint = more->read(more->self, c, ::optarg);
            }
            read = read && complaint.empty();
        }
        for (int i = ::optind; read && i < argc; ++i) { // behind "--"
            complaint = more != nullptr && asked ? more->read_word(more->self, argv[i]) : read_word(program, argv[i]);
            read = complaint.empty();
        }
        if (read) complaint = check(program);
        if (read && complaint.empty()) return {};
        if (!asked && names_status(argc, argv)) asked = "status";
        return refuse(program.name, complaint, asked);
    }

    /// Prints the complaint, if it is not empty, and names --help. Returns the exit status.
    [[nodiscard, gnu::cold]] static int refuse(const std::string& name, const std::string& complaint, const verb& asked)
    {
        if (!complaint.empty())
            std::fprintf(stderr, "%s: %s\n", name.c_str(), sys::without_controls(complaint).c_str());
        std::fprintf(stderr, "Try '%s --help'.\n", name.c_str());
        // From the verb status, exit status 2 would mean "dead, and the lock file exists".
        return asked == "status" ? exit_status::status_unknown : exit_status::usage;
    }

    /// What is wrong with a verb and its options; empty: nothing.
    [[nodiscard, gnu::cold]] std::string check(const described_program& program) const
    {
        if (!asked) return "a verb is missing";
        const auto* const found = known != nullptr ? known : help_of(program, asked.name);
        if (found == nullptr) return sys::joined({"there is no verb '", asked.name, "'"});
        if (found->exists && *found->operand != '\0' && asked.operand.empty() && found->operand[0] != '[')
            return sys::joined({asked.name, " needs a word: ", asked.name, " ", found->operand});
        if (json && asked != "status" && asked != "list" && asked != "doctor")
            return sys::joined({"--json is an option of ", program.with_json, " only"});
        if (timeout && (asked == "status" || asked == "run"))
            return "--timeout is an option of verbs that wait: start, stop, restart and reload";
        if (ready_fd && asked != "run") return "--ready-fd is an option of run only";
        return {};
    }

private:
    [[nodiscard]] static const verb_help* help_of(const described_program& program, std::string_view name)
    {
        for (const auto& list : {program.verbs, program.more_verbs})
            for (const auto& v : list)
                if (name == v.name) return &v;
        return nullptr;
    }

    [[nodiscard, gnu::cold]] std::string read_word(const described_program& program, const char* word)
    {
        if (!asked) {
            asked = std::string_view(word);
            known = help_of(program, asked.name);
            // An empty word is no verb, but it was given.
            return known != nullptr ? std::string() : sys::joined({"there is no verb '", word, "'"});
        }
        if (known == nullptr || *known->operand == '\0' || !asked.operand.empty())
            return sys::joined({"unexpected argument '", word, "' after the verb"});
        asked.operand = word;
        return {};
    }

    [[nodiscard, gnu::cold]] std::string read_timeout(const char* text)
    {
        char* end = nullptr;
        const double seconds = std::strtod(text, &end);
        const auto time = sys::saturate(std::chrono::duration<double>(seconds));
        if (end == text || *end != '\0' || time == time.zero() || seconds > 366.0 * 24 * 3600)
            return sys::joined({"--timeout must be a number of seconds above 0 and up to a year, not '", text, "'"});
        timeout = time;
        return {};
    }

    [[nodiscard, gnu::cold]] std::string read_descriptor(const char* text)
    {
        const auto number = sys::number_in(text);
        if (number <= 2 || number > 1'000'000)
            return sys::joined({"--ready-fd must be the number of a descriptor above 2, not '", text, "'"});
        ready_fd = static_cast<int>(number);
        return {};
    }

    [[nodiscard, gnu::cold]] std::string read_instance(const described_program& program, const char* text)
    {
        if (!program.has_instances) return "--instance: this program has one instance only";
        instance = text;
        if (const auto reason = wrong_instance(instance); !reason.empty())
            return sys::joined({"--instance '", instance, "': ", reason});
        return {};
    }

    [[gnu::cold]] static void print_usage(const described_program& program, const more_options* more)
    {
        std::printf("Usage: %s [OPTION]... VERB", program.name.c_str());
        if (more != nullptr && more->words != nullptr) std::printf(" [-- %s]", more->words);
        std::puts("\n");
        for (const auto& list : {program.verbs, program.more_verbs})
            for (const auto& v : list) std::fputs(usage_of(v).c_str(), stdout);
        std::putchar('\n');
        if (more != nullptr) more->print(more->self, stdout);
        std::fputs("  --timeout S     wait at most S seconds: start until the daemon is ready, stop before it\n"
                   "                  kills the daemon, reload until the daemon has reloaded\n"
                   "  --ready-fd N    run: write a newline to descriptor N when the daemon is ready\n",
                   stdout);
        if (program.has_instances) std::puts("  --instance NAME which instance of the program");
        std::printf("  --json          %s: print one JSON object\n", program.with_json);
        std::fputs("  --quiet         print errors only\n"
                   "  --verbose       print each step\n"
                   "  -h, --help      print this text\n"
                   "  -V, --version   print the version\n",
                   stdout);
    }
};

} // namespace daemonkit::detail
