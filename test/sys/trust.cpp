// SPDX-License-Identifier: BSL-1.0
// Which owners and modes of one file are trusted, trust.hpp. Paths: test/pid/depths.cpp.
#include <daemonkit/sys/trust.hpp>

#include <boost/test/unit_test.hpp>

namespace sys = daemonkit::sys;

namespace {

bool trusted(mode_t mode, uid_t owner = 0)
{
    sys::file_status status = {};
    status.st_mode = mode;
    status.st_uid = owner;
    return !sys::untrusted_file("/file", status, 1000);
}

} // namespace

BOOST_AUTO_TEST_SUITE(trust)

BOOST_AUTO_TEST_CASE(only_root_and_the_user_may_write)
{
    for (const auto type : {mode_t{S_IFREG}, mode_t{S_IFDIR}}) {
        BOOST_TEST(trusted(type | 0755U));
        BOOST_TEST(trusted(type | 0644U, 1000));
        BOOST_TEST(!trusted(type | 0600U, 1001));
        BOOST_TEST(!trusted(type | 0775U));
        BOOST_TEST(!trusted(type | 0757U, 1000));
    }
}

BOOST_AUTO_TEST_CASE(the_sticky_bit_helps_a_directory_only)
{
    BOOST_TEST(trusted(S_IFDIR | 01777U));
    BOOST_TEST(!trusted(S_IFREG | 01777U));
    BOOST_TEST(!trusted(S_IFIFO | 01666U));
    BOOST_TEST(!trusted(S_IFDIR | 01777U, 1001));
}

BOOST_AUTO_TEST_CASE(of_a_link_the_owner_counts_and_not_the_mode)
{
    BOOST_TEST(trusted(S_IFLNK | 0777U));
    BOOST_TEST(!trusted(S_IFLNK | 0777U, 1001));
}

BOOST_AUTO_TEST_SUITE_END()
