// SPDX-License-Identifier: BSL-1.0
// Parses the command line by getopt_long(3): one verb, and options before or after it. A mistake is reported on
// standard error with the usage, and ends with exit status 2 (LSB 3.1, section 20.2).
#pragma once

#include "../../core/exit_status.hpp"
#include "../../sys/deadline.hpp"
#include "../../sys/environment.hpp"

#include <getopt.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace daemonkit::detail {

/// A verb and its line in the usage.
struct verb_help
{
    const char* name;
    const char* does;
    bool exists; ///< in this daemon; otherwise the verb is known, but not in the usage
};

/// The verb and the options of one command line.
struct options
{
    std::string_view verb{};
    std::optional<std::chrono::nanoseconds> timeout{};
    std::optional<int> ready_fd{};
    bool json = false;
    bool quiet = false;
    bool verbose = false;

    /// Parses the arguments. Returns an exit status if the program should exit now: after an error, --help or
    /// --version.
    std::optional<int> parse(int argc, char** argv, const std::string& name, const std::string& version,
                             std::span<const verb_help> verbs)
    {
        static constexpr option longs[] = {
            {"timeout", required_argument, nullptr, 't'}, {"ready-fd", required_argument, nullptr, 'r'},
            {"json", no_argument, nullptr, 'j'},          {"quiet", no_argument, nullptr, 'q'},
            {"verbose", no_argument, nullptr, 'v'},       {"help", no_argument, nullptr, 'h'},
            {"version", no_argument, nullptr, 'V'},       {nullptr, 0, nullptr, 0}};
        std::string complaint;
        bool read = true;
        ::optind = 0; // resets getopt_long(3), for a program that parses a second time
        for (int c = 0; read && (c = ::getopt_long(argc, argv, "", longs, nullptr)) != -1;) {
            switch (c) {
            case 't': complaint = read_timeout(::optarg); break;
            case 'r': complaint = read_descriptor(::optarg); break;
            case 'j': json = true; break;
            case 'q': quiet = true; break;
            case 'v': verbose = true; break;
            case 'h': usage(stdout, name, verbs); return exit_status::done;
            case 'V': std::printf("%s %s\n", name.c_str(), version.c_str()); return exit_status::done;
            default: read = false; // getopt_long(3) has printed the reason
            }
            read = read && complaint.empty();
        }
        if (read && ::optind < argc) {
            verb = argv[::optind];
            complaint = check(verbs, ::optind + 1 < argc ? argv[::optind + 1] : nullptr);
            if (complaint.empty()) return {};
        }
        if (!complaint.empty()) std::fprintf(stderr, "%s: %s\n", name.c_str(), complaint.c_str());
        usage(stderr, name, verbs);
        // From the verb status, exit status 2 would mean "dead, and the lock file exists".
        return verb == "status" ? exit_status::status_unknown : exit_status::usage;
    }

private:
    [[nodiscard]] std::string check(std::span<const verb_help> verbs, const char* excess) const
    {
        bool known = false;
        for (const auto& v : verbs) known = known || verb == v.name;
        if (!known) return "there is no verb '" + std::string(verb) + "'";
        if (excess != nullptr) return "unexpected argument '" + std::string(excess) + "' after the verb";
        if (json && verb != "status") return "--json is an option of status only";
        if (timeout && (verb == "status" || verb == "run"))
            return "--timeout is an option of verbs that wait: start, stop, restart and reload";
        if (ready_fd && verb != "run") return "--ready-fd is an option of run only";
        return {};
    }

    [[nodiscard]] std::string read_timeout(const char* text)
    {
        char* end = nullptr;
        const double seconds = std::strtod(text, &end);
        const auto time = sys::saturate(std::chrono::duration<double>(seconds));
        if (end == text || *end != '\0' || time == time.zero() || seconds > 366.0 * 24 * 3600)
            return "--timeout must be a number of seconds above 0 and up to a year, not '" + std::string(text) + "'";
        timeout = time;
        return {};
    }

    [[nodiscard]] std::string read_descriptor(const char* text)
    {
        const auto number = sys::number_in(text);
        if (number <= 2 || number > 1'000'000)
            return "--ready-fd must be the number of a descriptor above 2, not '" + std::string(text) + "'";
        ready_fd = static_cast<int>(number);
        return {};
    }

    static void usage(std::FILE* to, const std::string& name, std::span<const verb_help> verbs)
    {
        std::fprintf(to, "Usage: %s [OPTION]... VERB\n\n", name.c_str());
        for (const auto& v : verbs)
            if (v.exists) std::fprintf(to, "  %-16s%s\n", v.name, v.does);
        std::fputs("\n"
                   "  --timeout S     wait at most S seconds: start until the daemon is ready, stop before it\n"
                   "                  kills the daemon, reload until the daemon has reloaded\n"
                   "  --ready-fd N    run: write a newline to descriptor N when the daemon is ready\n"
                   "  --json          status: print one JSON object\n"
                   "  --quiet         print errors only\n"
                   "  --verbose       print each step\n"
                   "  --help          print this text\n"
                   "  --version       print the version\n",
                   to);
    }
};

} // namespace daemonkit::detail
