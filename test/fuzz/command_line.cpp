// SPDX-License-Identifier: BSL-1.0
// The words of a command line, one a line. What they are said to mean is compared with the usage text: one verb that
// exists, options that go with it, a time to wait that is one.
#include <daemonkit/command_line/detail/options.hpp>

#include "fuzz/require.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static constexpr daemonkit::verb_help verbs[] = {
        {"start", "", "", true},  {"stop", "", "", true}, {"restart", "", "", true}, {"reload", "", "", true},
        {"status", "", "", true}, {"run", "", "", true},  {"odd", "", "", false}};

    std::vector<std::string> words{"program"};
    std::string word;
    for (std::size_t i = 0; i < size; ++i) {
        if (data[i] != '\n' && data[i] != '\0') {
            word += static_cast<char>(data[i]);
            continue;
        }
        words.push_back(word);
        word.clear();
    }
    if (!word.empty()) words.push_back(word);
    std::vector<char*> arguments;
    for (auto& each : words) arguments.push_back(each.data());
    arguments.push_back(nullptr);
    const auto given = words; // getopt_long changes the order
    const auto has = [&](auto like) { return std::any_of(given.begin() + 1, given.end(), like); };
    const auto says = [&](const std::string& option) {
        // An option may be shortened down to "--" and one letter.
        return has(
            [&](const std::string& w) { return w.size() > 2 && option.rfind(w.substr(0, w.find('=')), 0) == 0; });
    };

    // -h, -V, also behind each other.
    const auto letters = [&] {
        return has([](const std::string& w) { return w.size() > 1 && w[0] == '-' && (w[1] == 'h' || w[1] == 'V'); });
    };

    daemonkit::detail::options options;
    const daemonkit::detail::described_program program{
        "program", [](const char* version) { return std::string(version); }, "1", verbs, {}, false};
    const auto status = options.parse(static_cast<int>(words.size()), arguments.data(), program, nullptr);

    if (status) {
        require(status == (options.asked == "status" ? 4 : 2) ||
                (status == 0 && (says("--help") || says("--version") || letters())));
        return 0;
    }
    require(has([&](const std::string& w) { return options.asked == std::string_view(w); }));
    require(std::any_of(std::begin(verbs), std::end(verbs), [&](const auto& v) { return options.asked == v.name; }));
    require(options.json == says("--json"));
    require(options.quiet == says("--quiet"));
    require(!options.json || options.asked == "status");
    require(!options.ready_fd || (options.asked == "run" && *options.ready_fd > 2));
    if (options.timeout) {
        require(says("--timeout") && *options.timeout > std::chrono::nanoseconds::zero());
        require(*options.timeout <= std::chrono::hours(366 * 24));
        require(options.asked != "status" && options.asked != "run");
    }
    return 0;
}
