// SPDX-License-Identifier: BSL-1.0
// What the pages show is what there is. Each C++ block is an example program, or that of test/testing/page, without its
// licence line, or the part of one between two lines `//! [label]`. Each transcript with an example program in it (lines that begin with "$ ") is a
// part of what test/example/run prints, or what comes out when its commands are typed in a fresh directory; pids, times
// and the directory are allowed to differ. Each link leads to a file, and each anchor to a heading.
#include "example.hpp"
#include "support/skip.hpp"

#include <boost/algorithm/string/join.hpp>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <cctype>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace {

using text_lines = std::vector<std::string>;

const boost::filesystem::path examples = boost::filesystem::path(__FILE__).parent_path().parent_path();
const boost::filesystem::path root = examples.parent_path().parent_path();
const boost::filesystem::path deployments = root / "test/deployment";

/// The documentation: those pages that there are.
const std::vector<boost::filesystem::path>& pages()
{
    static const std::vector<boost::filesystem::path> found = [] {
        std::vector<boost::filesystem::path> existing;
        for (const char* const folder :
             {"", "include/daemonkit", "include/daemonkit/testing", "include/daemonkit/command_line",
              "include/daemonkit/artefacts", "test", "test/deployment", "test/example", "bench"})
            if (const auto page = root / folder / "README.md"; boost::filesystem::exists(page))
                existing.push_back(page);
        return existing;
    }();
    return found;
}

/// The page that shows the deployments.
boost::filesystem::path deployment_page()
{
    const auto page = deployments / "README.md";
    return boost::filesystem::exists(page) ? page : root / "README.md";
}

/// The names of the example programs.
const std::set<std::string>& programs()
{
    static const std::set<std::string> names = [] {
        std::set<std::string> stems;
        for (const auto& entry : boost::filesystem::directory_iterator(examples))
            if (entry.path().extension() == ".cpp") stems.insert(entry.path().stem().string());
        return stems;
    }();
    return names;
}

text_lines split(const std::string& text)
{
    std::istringstream in(text);
    text_lines lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

std::string join(const text_lines& lines) { return boost::join(lines, "\n"); }

struct block
{
    std::string language;
    text_lines lines;
};

std::vector<block> blocks_of(const text_lines& markdown)
{
    std::vector<block> blocks;
    bool inside = false;
    for (const auto& line : markdown) {
        if (boost::starts_with(line, "```")) {
            inside = !inside;
            if (inside) blocks.push_back({line.substr(3), {}});
        } else if (inside) {
            blocks.back().lines.push_back(line);
        }
    }
    BOOST_REQUIRE_MESSAGE(!inside, "a block has no end");
    return blocks;
}

/// Without empty lines around it and without the indentation that all its lines have.
std::string trimmed(text_lines lines)
{
    while (!lines.empty() && lines.front().empty()) lines.erase(lines.begin());
    while (!lines.empty() && lines.back().empty()) lines.pop_back();
    auto indentation = std::string::npos;
    for (const auto& line : lines) indentation = std::min(indentation, line.find_first_not_of(' '));
    for (auto& line : lines) line.erase(0, std::min(indentation, line.size()));
    return join(lines);
}

/// All that a C++ block may be, by its name.
std::map<std::string, std::string> printable_code()
{
    const std::regex marker(R"( *//! \[(.+)\])");
    std::map<std::string, std::string> code;
    std::vector<boost::filesystem::path> sources;
    for (const auto& folder : {examples, root / "test/testing/page"})
        for (const auto& entry : boost::filesystem::directory_iterator(folder)) sources.push_back(entry.path());
    for (const auto& source : sources) {
        if (source.extension() != ".cpp") continue;
        const std::string file = source.filename().string();
        text_lines whole;
        std::map<std::string, text_lines> open;
        for (const auto& line : split(text_of(source))) {
            if (std::smatch label; std::regex_match(line, label, marker)) {
                if (const auto part = open.find(label[1]); part == open.end()) {
                    open[label[1]] = {};
                } else {
                    code[file + " [" + part->first + "]"] = trimmed(part->second);
                    open.erase(part);
                }
                continue;
            }
            for (auto& part : open) part.second.push_back(line);
            if (line.find("SPDX-License-Identifier") == std::string::npos) whole.push_back(line);
        }
        BOOST_TEST(open.empty(), file + ": a part that begins and does not end");
        code[file] = trimmed(whole);
    }
    return code;
}

/// What may differ from run to run is put into words; a list of times is one time.
text_lines normalised(const text_lines& lines)
{
    static const std::vector<std::pair<std::regex, const char*>> changes{
        {std::regex(R"((pid|kill -9|"pid":) [0-9]+)"), "$1 PID"},
        {std::regex("[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:]{8}Z?"), "TIME"},
        {std::regex("[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4}"), "TIME"},
        {std::regex("[0-9]{2}:[0-9]{2}:[0-9]{2}"), "TIME"},
        {std::regex(", up [0-9]+ s"), ", up TIME"},
        {std::regex(R"(/[^ "]*/([a-z]+d\.))"), "DIRECTORY/$1"}};
    text_lines result;
    for (auto line : lines) {
        for (const auto& [pattern, word] : changes) line = std::regex_replace(line, pattern, word);
        if (line != "TIME" || result.empty() || result.back() != line) result.push_back(line);
    }
    return result;
}

bool shows_an_example(const block& b)
{
    static const std::regex call(R"(\$ (.*[ /(])?()" + boost::join(programs(), "|") + R"()( .*)?)");
    return std::any_of(b.lines.begin(), b.lines.end(), [](const auto& line) { return std::regex_match(line, call); });
}

/// The commands of a transcript, typed one after the other in a fresh directory that has the programs in it.
text_lines typed(const text_lines& transcript)
{
    temporary_directory directory;
    std::string script = "type_in() { printf '$ %s\\n' \"$1\"; (exit \"$last\"); eval \"$1\"; last=$?; }\nlast=0\n";
    for (const auto& name : programs())
        boost::filesystem::create_symlink(boost::filesystem::path(DAEMONKIT_EXAMPLE_DIR) / name, directory / name);
    for (const auto& line : transcript)
        if (boost::starts_with(line, "$ "))
            script += "type_in '" + boost::replace_all_copy(line.substr(2), "'", "'\\''") + "'\n";
    const auto said = run({"bash", "-c", "export PATH=$PWD:$PATH; exec 2>&1; " + script}, directory.path().string());
    for (const auto& name : programs()) put_down(pid_in((directory / (name + ".pid")).string()));
    return split(said.out);
}

const text_lines& shown_by_run()
{
    static const text_lines lines = [] {
        const auto said = run({(examples / "run").string(), DAEMONKIT_EXAMPLE_DIR});
        BOOST_TEST(said.status == 0, said.out + said.err);
        return normalised(split(said.out));
    }();
    return lines;
}

/// Empty if the transcript is right, else what comes out instead.
std::string instead_of(const text_lines& transcript)
{
    const auto wanted = normalised(transcript);
    const auto& shown = shown_by_run();
    if (std::search(shown.begin(), shown.end(), wanted.begin(), wanted.end()) != shown.end()) return {};
    const auto got = normalised(typed(transcript));
    return got == wanted ? std::string() : join(got) + "\n(test/example/run prints:)\n" + join(shown);
}

/// The lines that are in no block.
text_lines prose_of(const text_lines& markdown)
{
    text_lines prose;
    bool inside = false;
    for (const auto& line : markdown)
        if (boost::starts_with(line, "```"))
            inside = !inside;
        else if (!inside)
            prose.push_back(line);
    return prose;
}

/// The anchors that a page has: those of its headings, as GitHub and GitLab make them.
std::set<std::string> anchors_of(const text_lines& markdown)
{
    std::set<std::string> anchors;
    for (const auto& line : prose_of(markdown)) {
        if (!boost::starts_with(line, "#")) continue;
        std::string anchor;
        for (const char c : line.substr(line.find_first_not_of("# "))) {
            const auto byte = static_cast<unsigned char>(c);
            if (std::isalnum(byte) != 0 || c == '-' || c == '_') anchor += static_cast<char>(std::tolower(byte));
            if (c == ' ') anchor += '-';
        }
        anchors.insert(anchor);
    }
    return anchors;
}

/// Empty if there is what a link on `page` leads to, else what is missing.
std::string missing_behind(const boost::filesystem::path& page, const std::string& link)
{
    if (boost::contains(link, "://")) return {};
    const auto hash = std::min(link.find('#'), link.size());
    const auto file = hash == 0 ? page : page.parent_path() / link.substr(0, hash);
    if (!boost::filesystem::exists(file)) return link + ": there is no such file";
    if (hash == link.size() || anchors_of(split(text_of(file))).count(link.substr(hash + 1)) != 0) return {};
    return link + ": there is no such heading";
}

} // namespace

BOOST_AUTO_TEST_SUITE(documentation, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(every_program_is_an_example_that_is_built_and_run)
{
    const auto code = printable_code();
    for (const auto& page : pages()) {
        for (const auto& b : blocks_of(split(text_of(page)))) {
            if (b.language != "cpp") continue;
            const auto text = trimmed(b.lines);
            BOOST_TEST(std::any_of(code.begin(), code.end(), [&](const auto& c) { return c.second == text; }),
                       page.string() << ": this block is neither an example nor a marked part of one:\n"
                                     << text);
        }
    }
    BOOST_TEST(code.count("clockd.cpp") == 1U);
    BOOST_TEST(code.count("clientd.cpp [deployment]") == 1U);
}

BOOST_AUTO_TEST_CASE(every_example_has_a_link_and_every_recipe_shows_a_part_of_it)
{
    const auto text = text_of(examples / "README.md");
    for (const auto& name : programs()) BOOST_TEST(boost::contains(text, "](" + name + ".cpp)"), name);
    std::set<std::string> shown;
    const auto code = printable_code();
    for (const auto& page : {text, text_of(root / "include/daemonkit/command_line/README.md"),
                             text_of(root / "include/daemonkit/lease/README.md")})
        for (const auto& b : blocks_of(split(page)))
            for (const auto& [name, part] : code)
                if (b.language == "cpp" && part == trimmed(b.lines)) shown.insert(name.substr(0, name.find('.')));
    const std::set<std::string> on_the_first_page{"clientd", "clockd"};
    for (const auto& name : programs())
        BOOST_TEST((shown.count(name) != 0 || on_the_first_page.count(name) != 0), name);
}

BOOST_AUTO_TEST_CASE(every_link_leads_to_something)
{
    const std::regex target(R"(\]\(([^) ]+)\))");
    for (const auto& page : pages()) {
        for (const auto& line : prose_of(split(text_of(page))))
            for (std::sregex_iterator link(line.begin(), line.end(), target), end; link != end; ++link) {
                const auto missing = missing_behind(page, (*link)[1]);
                BOOST_TEST(missing.empty(), page.string() << ": " << missing);
            }
    }
}

// A block below a link to a file of test/deployment is this file, which the tests of the deployment use.
BOOST_AUTO_TEST_CASE(every_configuration_is_the_file_that_the_tests_use)
{
    const std::regex link(R"(\[`(.+)`\]\(\1\))");
    const auto page = deployment_page();
    const auto lines = split(text_of(page));
    int seen = 0;
    for (std::size_t i = 0; i + 2 < lines.size(); ++i) {
        std::smatch file;
        if (!std::regex_match(lines[i], file, link)) continue;
        ++seen;
        BOOST_TEST_REQUIRE(lines[i + 2].rfind("```", 0) == 0U, lines[i]);
        text_lines shown, whole;
        for (auto at = i + 3; lines[at] != "```"; ++at) shown.push_back(lines[at]);
        for (const auto& line : split(text_of(page.parent_path() / file[1].str())))
            if (line.find("SPDX-License-Identifier") == std::string::npos) whole.push_back(line);
        BOOST_TEST(join(shown) == join(whole), file[1].str());
    }
    BOOST_TEST(seen >= 5);
}

// A block below "`clientd print KIND` prints:" is what it prints, where the page installs clientd.
BOOST_AUTO_TEST_CASE(every_printed_file_is_what_clientd_prints)
{
    const std::regex printed(R"(`clientd print (.+)` prints:)");
    // The paths of the page, on a file system of its own.
    const std::string install = "mount -t tmpfs tmpfs /var/lib && mkdir /var/lib/clientd && cd /var/lib/clientd && "
                                "mount -t tmpfs tmpfs /usr/local/bin && cp " DAEMONKIT_EXAMPLE_DIR "/clientd "
                                "/usr/local/bin";
    const auto here = [&](const std::string& command) {
        return run({"unshare", "--user", "--map-root-user", "--mount", "sh", "-c", install + " && " + command});
    };
    if (here("true").status != 0) DAEMONKIT_SKIP("cannot make namespaces here");
    const auto lines = split(text_of(deployment_page()));
    int seen = 0;
    for (std::size_t i = 0; i + 2 < lines.size(); ++i) {
        std::smatch kind;
        if (!std::regex_match(lines[i], kind, printed)) continue;
        ++seen;
        text_lines shown;
        for (auto at = i + 3; lines[at] != "```"; ++at) shown.push_back(lines[at]);
        const auto said = here("/usr/local/bin/clientd print " + kind[1].str());
        BOOST_TEST(join(shown) == join(split(said.out)), kind[1].str() << said.err);
    }
    BOOST_TEST(seen >= 7);
}

// No configuration is left out.
BOOST_AUTO_TEST_CASE(every_file_of_a_deployment_is_shown_or_linked)
{
    const auto page = deployment_page();
    const auto text = text_of(page);
    for (const auto& entry : boost::filesystem::recursive_directory_iterator(deployments)) {
        const auto name = entry.path().filename().string();
        const auto path = boost::filesystem::relative(entry.path(), page.parent_path()).string();
        const bool shown_to_users = boost::filesystem::is_regular_file(entry) && entry.path().extension() != ".cpp" &&
                                    entry.path().extension() != ".hpp" && name != "CMakeLists.txt" &&
                                    std::regex_search(name, std::regex("clientd|echod|monitrc|Containerfile"));
        if (shown_to_users) BOOST_TEST(boost::contains(text, "](" + path + ")"), path);
    }
}

BOOST_AUTO_TEST_CASE(every_transcript_is_what_comes_out)
{
    for (const auto& page : pages()) {
        for (const auto& b : blocks_of(split(text_of(page)))) {
            if (!shows_an_example(b)) continue;
            const auto instead = instead_of(b.lines);
            BOOST_TEST(instead.empty(), page.string() << ": this transcript:\n"
                                                      << join(b.lines) << "\n(comes out as:)\n"
                                                      << instead);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_wrong_transcript_is_noticed)
{
    BOOST_TEST(instead_of({"$ clientd status", "clientd: not running", "$ echo $?", "3"}) == "");
    BOOST_TEST(instead_of({"$ ./clientd start", "clientd: started (pid 1)", "$ clientd --quiet stop"}) == "");
    BOOST_TEST(instead_of({"$ clientd status", "clientd: running"}) != "");
    BOOST_TEST(instead_of({"$ clientd status", "clientd: not running", "$ echo $?", "0"}) != "");
    BOOST_TEST(shows_an_example({"console", {"$ build/test/example/clientd start"}}));
    for (const auto& name : programs()) BOOST_TEST(shows_an_example({"console", {"$ " + name + " start"}}), name);
    BOOST_TEST(!shows_an_example({"sh", {"g++ clockd.cpp -o clockd"}}));
}

BOOST_AUTO_TEST_CASE(a_wrong_link_is_noticed)
{
    const auto page = examples / "README.md";
    for (const char* const right :
         {"clientd.cpp", "../../README.md", "#build-and-run", "README.md#build-and-run", "https://example.org/nothing"})
        BOOST_TEST(missing_behind(page, right) == "", right);
    for (const char* const wrong : {"missing.cpp", "../README.md/missing", "#missing", "README.md#missing"})
        BOOST_TEST(missing_behind(page, wrong) != "", wrong);
}

BOOST_AUTO_TEST_CASE(the_pages_are_there)
{
    const auto& found = pages();
    for (const char* const page : {"README.md", "test/example/README.md"})
        BOOST_TEST((std::find(found.begin(), found.end(), root / page) != found.end()), page);
}

BOOST_AUTO_TEST_SUITE_END()
