// SPDX-License-Identifier: BSL-1.0
// A directory that another user can change, at each place of the path of a pid file: also behind links, where the path
// of the link, the path to its target and the path below it all count.
#include "pid/both_policies.hpp"
#include "support/user.hpp"

#include <sys/stat.h>

#include <functional>
#include <vector>

namespace {

/// What is wrong with a directory, and the sentence for it.
struct fault
{
    std::function<void(const fs::path&)> make;
    std::string says;
};

std::vector<fault> faults()
{
    std::vector<fault> all{
        {[](const fs::path& path) { BOOST_TEST_REQUIRE(::chmod(path.c_str(), 0777) == 0); }, "(mode 0777)"},
        {[](const fs::path& path) { BOOST_TEST_REQUIRE(::chmod(path.c_str(), 0775) == 0); }, "(mode 0775)"},
    };
    if (::geteuid() == 0)
        all.push_back({[](const fs::path& path) { BOOST_TEST_REQUIRE(::lchown(path.c_str(), nobody, nobody) == 0); },
                       "it belongs to user nobody (65534)"});
    return all;
}

/// Makes the directories and links of a path to a pid file below `top`; returns its directory.
struct layout
{
    const char* name;
    std::function<fs::path(const fs::path& top)> make;
    std::vector<std::string> directories; ///< that decide where the path leads
    std::vector<std::string> links;
};

const layout layouts[] = {
    {"no link",
     [](const fs::path& top) {
         fs::create_directories(top / "a/b/c/d");
         return top / "a/b/c/d";
     },
     {"a", "a/b", "a/b/c", "a/b/c/d"},
     {}},
    {"a relative link in the middle",
     [](const fs::path& top) {
         fs::create_directories(top / "way/a");
         fs::create_directories(top / "real/b/c/d/e");
         fs::create_symlink("../../real/b/c", top / "way/a/link");
         return top / "way/a/link/d/e";
     },
     {"way", "way/a", "real", "real/b", "real/b/c", "real/b/c/d", "real/b/c/d/e"},
     {"way/a/link"}},
    {"an absolute link at the end",
     [](const fs::path& top) {
         fs::create_directories(top / "way/a");
         fs::create_directories(top / "real/b/c");
         fs::create_symlink(top / "real/b/c", top / "way/a/link");
         return top / "way/a/link";
     },
     {"way", "way/a", "real", "real/b", "real/b/c"},
     {"way/a/link"}},
    {"a link over a link, each in a directory of its own",
     [](const fs::path& top) {
         fs::create_directories(top / "way");
         fs::create_directories(top / "hop/a");
         fs::create_directories(top / "real/b/c");
         fs::create_symlink("../hop/a/link", top / "way/link");
         fs::create_symlink(top / "real/b", top / "hop/a/link");
         return top / "way/link/c";
     },
     {"way", "hop", "hop/a", "real", "real/b", "real/b/c"},
     {"way/link", "hop/a/link"}},
    {"a link after which the path goes up again",
     [](const fs::path& top) {
         fs::create_directories(top / "way");
         fs::create_directories(top / "real/b/c");
         fs::create_symlink("../real/b", top / "way/link");
         return top / "way/link/../b/c";
     },
     {"way", "real", "real/b", "real/b/c"},
     {"way/link"}},
};

} // namespace

BOOST_AUTO_TEST_SUITE(pid_file_depths)

BOOST_AUTO_TEST_CASE(a_directory_or_link_that_others_can_change_is_refused_wherever_it_is)
{
    for (const auto& l : layouts)
        for (const auto& f : faults()) {
            auto places = l.directories;
            if (f.says.starts_with("it belongs")) places.insert(places.end(), l.links.begin(), l.links.end());
            for (const auto& place : places)
                with_both([&](auto make) {
                    BOOST_TEST_CONTEXT(l.name << ", " << place << ' ' << f.says)
                    {
                        const temporary_directory top;
                        const auto policy = make(l.make(top.path()) / "daemon.pid");
                        {
                            const auto guard = policy.claim();
                            BOOST_TEST(!policy.find());
                        }
                        f.make(top / place);
                        const auto before = snapshot(top.path());
                        expect_refusal([&] { (void)policy.claim(); }, f.says);
                        expect_refusal([&] { (void)policy.find(); }, f.says);
                        const auto name = fs::path(place).filename().string();
                        expect_refusal([&] { (void)policy.find(); }, "/" + name + ": ");
                        BOOST_TEST((snapshot(top.path()) == before));
                    }
                });
        }
}

BOOST_AUTO_TEST_SUITE_END()
