// SPDX-License-Identifier: BSL-1.0
// Which owners and modes of one file are trusted, trust.hpp. Paths: test/pid/depths.cpp.
#include <daemonkit/sys/trust.hpp>

#include "support/file.hpp"
#include "support/skip.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <pwd.h>

#include <string>

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

BOOST_AUTO_TEST_CASE(the_sentence_names_the_group_and_what_to_do)
{
    const auto reason = [](mode_t mode, gid_t group) {
        sys::file_status status = {};
        status.st_mode = mode;
        status.st_gid = group;
        return sys::untrusted_file("/run/x", status, 1000).reason;
    };
    BOOST_TEST(reason(S_IFDIR | 0775U, 0) == "group root (0) may write to it (mode 0775); remove that permission with "
                                             "chmod g-w /run/x, or choose another directory");
    BOOST_TEST(reason(S_IFREG | 0664U, 424242) ==
               "group 424242 may write to it (mode 0664); remove that permission with chmod g-w /run/x");
    BOOST_TEST(reason(S_IFREG | 0646U, 0) ==
               "others may write to it (mode 0646); remove that permission with chmod o-w /run/x");
    BOOST_TEST(reason(S_IFREG | 0666U, 0) == "group root (0) and others may write to it (mode 0666); remove that "
                                             "permission with chmod go-w /run/x");
}

BOOST_AUTO_TEST_CASE(the_sentence_names_the_owner)
{
    const auto reason = [](uid_t owner) {
        sys::file_status status = {};
        status.st_mode = S_IFREG | 0644U;
        status.st_uid = owner;
        return sys::untrusted_file("/run/x", status, 1000).reason;
    };
    BOOST_TEST(reason(424242) == "it belongs to user 424242; it must belong to root or to you");
    const auto* const daemon = ::getpwuid(1);
    if (daemon == nullptr) DAEMONKIT_SKIP("there is no user 1");
    BOOST_TEST(reason(1) ==
               "it belongs to user " + std::string(daemon->pw_name) + " (1); it must belong to root or to you");
}

// The file is read line by line as passwd(5) and group(5) say; what is no such line names no user.
BOOST_AUTO_TEST_CASE(names_are_those_of_whole_numbers)
{
    const temporary_directory top;
    const auto file = (top / "passwd").string();
    write_file(file,
               "root:x:0:0:root:/root:/bin/sh\n:x:7:\n7\nbroken:7:\nlist:*:17:7:\n\nseven:x:7:\nother:x:7:\nlast:x:9:");
    BOOST_TEST(sys::named_id(file.c_str(), 0) == "root (0)");
    BOOST_TEST(sys::named_id(file.c_str(), 7) == "seven (7)");
    BOOST_TEST(sys::named_id(file.c_str(), 17) == "list (17)");
    BOOST_TEST(sys::named_id(file.c_str(), 9) == "last (9)");
    BOOST_TEST(sys::named_id(file.c_str(), 1) == "1");
    BOOST_TEST(sys::named_id((file + ".missing").c_str(), 0) == "0");
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
