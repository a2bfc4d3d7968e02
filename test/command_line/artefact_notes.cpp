// SPDX-License-Identifier: BSL-1.0
// Notes and settings that no printed file can have: print says which.
#include "support/process.hpp"
#include "support/text.hpp"

#include <daemonkit/artefacts.hpp>
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <string>

namespace {

struct no_notes
{};
struct two_lines
{
    static constexpr daemonkit::artefact_notes notes{.description = "one\nExecStartPre=/bin/false"};
};
struct two_documents
{
    static constexpr daemonkit::artefact_notes notes{.documentation = "man:a(8)\nman:b(8)"};
};
struct relative
{
    static constexpr daemonkit::artefact_notes notes{.program = "bin/noted"};
};

template <class Notes>
struct noted : Notes, daemonkit::universal_daemon<noted<Notes>, daemonkit::log_file_stdio>
{
    using more_verbs = daemonkit::artefacts;
    int run() { return EXIT_SUCCESS; } // NOLINT(*-static)
};

template <class Notes>
void refuses(const std::string& directory, const std::string& sentence, std::string verb = "print")
{
    const auto said = in_child([&] {
        std::string words[] = {"noted", verb, "systemd"};
        char* argv[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
        return daemonkit::command_line<noted<Notes>>(verb == "print" ? 3 : 2, argv,
                                                     {.pid = {.path = "/run/noted.pid"},
                                                      .stdio = {.output = "/var/log/noted.log"},
                                                      .process = {.name = "noted", .working_directory = directory}});
    });
    BOOST_TEST(said.status == 6);
    BOOST_TEST(said.out == "");
    BOOST_TEST(said.err == "noted: " + sentence + "\n");
}

} // namespace

BOOST_AUTO_TEST_SUITE(artefact_notes, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(the_field_with_a_control_character_is_named)
{
    refuses<two_lines>("/", "cannot print systemd: notes.description has a control character");
    refuses<two_documents>("/", "cannot print systemd: notes.documentation has a control character");
    refuses<no_notes>("/a\nb", "cannot print systemd: process.working_directory has a control character");
}

BOOST_AUTO_TEST_CASE(a_relative_program_is_refused)
{
    const std::string sentence =
        "cannot use notes.program bin/noted: it is not absolute, and service managers start it by this path";
    refuses<relative>("/", sentence);
    refuses<relative>("/", sentence, "doctor");
}

BOOST_AUTO_TEST_SUITE_END()
