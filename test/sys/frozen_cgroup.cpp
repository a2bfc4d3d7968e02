// SPDX-License-Identifier: BSL-1.0
// The files of both versions of cgroups(7), as the kernel writes them, in directories of the test.
#include <daemonkit/sys/frozen_cgroup.hpp>

#include "support/file.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using daemonkit::sys::cgroup_in;
using daemonkit::sys::frozen_cgroup_in;

constexpr const char* both_versions = "9:name=systemd:/s\n6:freezer:/f\n5:cpu,cpuacct:/c\n0::/u\n";

/// Directories as the cgroup file systems have them.
struct mounted : temporary_directory
{
    void add(const std::string& group, std::initializer_list<std::pair<const char*, const char*>> files) const
    {
        boost::filesystem::create_directories(path() / group);
        for (const auto& [name, text] : files) write_file(path() / group / name, text);
    }
    /// A cgroup of version 2: `frozen` with what is above it, and `own` by its own file.
    void add_v2(const std::string& group, bool frozen, bool own) const
    {
        add(group, {{"cgroup.events", frozen ? "populated 1\nfrozen 1\n" : "populated 1\nfrozen 0\n"},
                    {"cgroup.freeze", own ? "1\n" : "0\n"}});
    }
    /// The same of version 1.
    void add_v1(const std::string& group, const char* state, bool own) const
    {
        add(group, {{"freezer.state", state}, {"freezer.self_freezing", own ? "1\n" : "0\n"}});
    }
    [[nodiscard]] daemonkit::sys::frozen_cgroup operator()(std::string_view cgroups) const
    {
        return frozen_cgroup_in(cgroups, path().string());
    }
    [[nodiscard]] std::string write(const std::string& what) const
    {
        const auto file = what.rfind(' ') + 1;
        return "write " + what.substr(0, file) + path().string() + "/" + what.substr(file);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(frozen_cgroup)

BOOST_AUTO_TEST_CASE(the_cgroup_of_each_version_is_found)
{
    BOOST_TEST(cgroup_in(both_versions, "::") == "/u");
    BOOST_TEST(cgroup_in(both_versions, ":freezer:") == "/f");
    BOOST_TEST(cgroup_in("0::/a:freezer:/b\n6:freezer:/f:1\n", ":freezer:") == "/f:1");
    BOOST_TEST(cgroup_in("0::/x", "::") == "/x");
    for (const char* const text : {"", "\n", "0", "0:\n:", "6:freezer\n", "5:cpu:/::\n"}) {
        BOOST_TEST(cgroup_in(text, "::").empty(), text);
        BOOST_TEST(cgroup_in(text, ":freezer:").empty(), text);
    }
}

BOOST_AUTO_TEST_CASE(version_2_is_frozen_by_itself_or_from_above)
{
    for (const std::string mount : {"", "unified/"}) BOOST_TEST_CONTEXT(mount)
        {
            mounted at;
            at.add_v2(mount + "x/y", false, false);
            at.add_v2(mount + "x", false, false);
            BOOST_TEST(at("0::/x/y\n").path.empty());
            at.add_v2(mount + "x/y", true, true);
            BOOST_TEST(at("0::/x/y\n").path == "/x/y");
            BOOST_TEST(at("0::/x/y\n").remedy == at.write("0 to " + mount + "x/y/cgroup.freeze"));
            at.add_v2(mount + "x/y", true, false);
            at.add_v2(mount + "x", true, true);
            BOOST_TEST(at("0::/x/y\n").path == "/x");
            BOOST_TEST(at("0::/x/y\n").remedy == at.write("0 to " + mount + "x/cgroup.freeze"));
        }
}

BOOST_AUTO_TEST_CASE(version_1_is_frozen_by_itself_or_from_above)
{
    mounted at;
    at.add_v1("freezer/x/y", "THAWED\n", false);
    at.add_v1("freezer/x", "THAWED\n", false);
    BOOST_TEST(at("6:freezer:/x/y\n0::/\n").path.empty());
    for (const char* const state : {"FROZEN\n", "FREEZING\n"}) {
        at.add_v1("freezer/x/y", state, true);
        BOOST_TEST(at("6:freezer:/x/y\n0::/\n").path == "/x/y");
        BOOST_TEST(at("6:freezer:/x/y\n0::/\n").remedy == at.write("THAWED to freezer/x/y/freezer.state"));
    }
    at.add_v1("freezer/x/y", "FROZEN\n", false);
    at.add_v1("freezer/x", "FROZEN\n", true);
    BOOST_TEST(at("6:freezer:/x/y\n0::/\n").path == "/x");
    BOOST_TEST(at("6:freezer:/x/y\n0::/\n").remedy == at.write("THAWED to freezer/x/freezer.state"));
}

BOOST_AUTO_TEST_CASE(the_root_of_a_container_can_be_frozen_from_outside)
{
    mounted at;
    at.add_v2("", true, true); // with a cgroup namespace of its own, the files of the root are there
    BOOST_TEST(at("0::/\n").path == "/");
    BOOST_TEST(at("0::/\n").remedy == at.write("0 to cgroup.freeze"));
    at.add_v2("", true, false);
    at.add_v2("x", true, false);
    BOOST_TEST(at("0::/x\n").path == "/x");
    BOOST_TEST(at("0::/x\n").remedy.empty());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_not_frozen)
{
    mounted at;
    BOOST_TEST(at(both_versions).path.empty()); // nothing is mounted
    at.add_v2("u", false, false);
    at.add_v1("freezer/f", "THAWED\n", false);
    BOOST_TEST(at(both_versions).path.empty());
    at.add_v2("x", true, true);
    BOOST_TEST(at("0::/../x\n").path.empty()); // outside of the cgroup namespace
    BOOST_TEST(at("0::/..\n").path.empty());
    BOOST_TEST(at("0::/x (deleted)\n").path.empty());
    BOOST_TEST(at("").path.empty());
    BOOST_TEST(daemonkit::sys::frozen_cgroup_of(0).path.empty());
}

BOOST_AUTO_TEST_SUITE_END()
