// SPDX-License-Identifier: BSL-1.0
// What `status --json` prints in each state, against the schema of it, by a validator of JSON Schema. And what the
// schema refuses: it would describe nothing if it accepted everything.
#include "support/child_process.hpp"
#include "support/process.hpp"
#include "support/program.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"

#include <daemonkit/command_line/detail/json.hpp>
#include <daemonkit/pid/flock_pid_file.hpp>

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <csignal>
#include <fstream>
#include <string>
#include <vector>

namespace {

namespace schema {

/// Validates each line; prints the state of each line that is right, and then whether each change of it was refused.
constexpr const char* validator = R"(
import json, sys
from jsonschema import Draft202012Validator
schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
validate = Draft202012Validator(schema)
def refused(o):
    return any(True for _ in validate.iter_errors(o))
for line in open(sys.argv[2]).read().splitlines():
    o = json.loads(line)
    for e in validate.iter_errors(o):
        print('refused:', line, e.message)
    print(o['state'], o['pid'] is not None, o['ready'])
    changes = [{k: v for k, v in o.items() if k != one} for one in o]
    for member, values in {'schema': [0, 2, '1', None], 'name': [1, None], 'state': ['sleeping', None, 1],
                           'pid': [0, -1, 1.5, '1'], 'since': [1, '', 'today', '2026-01-01 00:00:00'],
                           'uptime': [-1, 0.5, '1'], 'ready': [not o['ready'], 'yes', 0], 'where': [1, None],
                           'status_text': ['', 1], 'error': ['', 1], 'suspended': ['', True]}.items():
        changes += [dict(o, **{member: v}) for v in values]
    changes += [dict(o, state=s) for s in ('running', 'stopping', 'dead', 'unknown')
                if s != o['state'] and not (s == 'dead' and o['pid'] is None and not o['error'])
                and not (o['ready'] and s == 'running') and not (s == 'stopping' and o['pid'] and not o['ready'])]
    for c in changes:
        if not refused(c):
            print('accepted:', c)
)";

/// The same for `list`, whose elements have the schema of `status`.
constexpr const char* list_validator = R"(
import json, os.path, sys, warnings
warnings.simplefilter('ignore', DeprecationWarning)
from jsonschema import Draft202012Validator, RefResolver
schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
status = json.load(open(os.path.join(os.path.dirname(sys.argv[1]), 'status.schema.json')))
validate = Draft202012Validator(schema, resolver=RefResolver.from_schema(schema, store={status['$id']: status}))
def refused(o):
    return any(True for _ in validate.iter_errors(o))
for line in open(sys.argv[2], encoding='utf-8').read().splitlines():
    o = json.loads(line)
    for e in validate.iter_errors(o):
        print('refused:', line, e.message)
    found = ', '.join(ascii(one['instance']).strip("'") + ' ' + one['status']['state'] for one in o['instances'])
    print((ascii(o['error']) + ' ' + found).strip())
    changes = [{k: v for k, v in o.items() if k != one} for one in o]
    changes += [o['instances'], dict(o, schema=2), dict(o, error=''), dict(o, instances=None)]
    if o['instances']:
        one = o['instances'][0]
        changes.append(dict(o, error='because'))
        for wrong in ({}, dict(one, instance='a/b'), dict(one, instance=''), dict(one, status={}),
                      dict(one, status=dict(one['status'], schema=2))):
            changes.append(dict(o, instances=[wrong]))
    for c in changes:
        if not refused(c):
            print('accepted:', c)
)";

outcome validated(const std::string& lines, const char* by = validator, const char* file = "status.schema.json")
{
    const temporary_directory directory;
    std::ofstream((directory / "lines").string()) << lines;
    return run({"python3", "-c", by, std::string(DAEMONKIT_INCLUDE_DIR "/daemonkit/command_line/") + file,
                (directory / "lines").string()});
}

bool no_validator() { return run({"python3", "-c", "from jsonschema import Draft202012Validator"}).status != 0; }

} // namespace schema

} // namespace

BOOST_AUTO_TEST_SUITE(status_schema, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(describes_what_is_printed_in_each_state)
{
    using namespace schema;
    if (no_validator()) DAEMONKIT_SKIP("python3-jsonschema is not installed, or too old for JSON Schema 2020-12");
    program daemon("telling");
    const auto fifo = daemon.pid_file.string() + ".hold";
    BOOST_TEST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const auto let_go = [&] { ::close(::open(fifo.c_str(), O_WRONLY | O_CLOEXEC)); };
    std::string lines;
    std::string expected;
    const auto add = [&](int status, const std::string& is) {
        const auto said = daemon({"status", "--json"});
        BOOST_TEST(said.status == status, said.out << said.err);
        lines += said.out;
        expected += is + "\n";
        return contains(said.out, "\"state\": \"" + is.substr(0, is.find(' ')) + '"');
    };
    BOOST_TEST(add(3, "stopped False False"));
    {
        const auto claimed = daemonkit::flock_pid_file{.path = daemon.pid_file}.claim();
        BOOST_TEST(add(3, "starting False False"));
    }
    daemon.environment = {"HOLDS=on_start"};
    child_process start([&] { return execute(daemon.command({"start"})); });
    BOOST_TEST_REQUIRE(eventually([&] { return contains(daemon({"status"}).out, "starting (pid"); }));
    BOOST_TEST(add(0, "starting True False"));
    let_go();
    BOOST_TEST(start.status() == 0);
    BOOST_TEST(add(0, "running True True"));
    const pid_t pid = daemon.pid();
    ::kill(pid, SIGSTOP);
    BOOST_TEST_REQUIRE(eventually([&] { return contains(daemon({"status"}).out, ", stopped by a signal)"); }));
    BOOST_TEST(add(0, "running True True"));
    put_down(pid);
    BOOST_TEST(add(1, "dead False False"));
    for (const auto& [hook, verb, is] : {std::array{"on_reload", "reload", "reloading True True"},
                                         std::array{"on_stop", "stop", "stopping True False"}}) {
        daemon.environment = {std::string("HOLDS=") + hook};
        BOOST_TEST(daemon({"start"}).status == 0);
        child_process held([&, &called = verb] { return execute(daemon.command({called})); });
        BOOST_TEST_REQUIRE(
            eventually([&, &in = hook] { return contains(daemon({"status"}).out, std::string("in ") + in); }));
        BOOST_TEST(add(0, is));
        let_go();
        BOOST_TEST(held.status() == 0);
        daemon.environment.clear();
        BOOST_TEST(daemon({"stop"}).status == 0);
    }
    boost::filesystem::create_directory(daemon.pid_file);
    BOOST_TEST(add(4, "unknown False None"));
    lines += run({DAEMONKIT_TEST_DAEMON_DIR "/unrecorded", "status", "--json"}).out;
    expected += "unknown False None\n";
    lines += run({"env", "THROWS=no line 7", DAEMONKIT_TEST_DAEMON_DIR "/instanced", "status", "--json"}).out;
    expected += "unknown False None\n";

    const auto verdict = validated(lines);
    BOOST_TEST(verdict.status == 0, verdict.err);
    BOOST_TEST(verdict.out == expected);
}

BOOST_AUTO_TEST_CASE(describes_the_list_of_instances)
{
    using namespace schema;
    if (no_validator()) DAEMONKIT_SKIP("python3-jsonschema is not installed, or too old for JSON Schema 2020-12");
    program daemon("instanced");
    daemon.environment = {"DIRECTORY=" + daemon.directory.path().string()};
    const auto file = [&](const std::string& name) { return daemon.directory / ("instanced-" + name + ".pid"); };
    std::string lines = daemon({"list", "--json"}).out;
    BOOST_TEST(daemon({"start", "--instance", "a"}).status == 0);
    BOOST_TEST(daemon({"start", "--instance", "\xc3\xa4"}).status == 0);
    BOOST_TEST(daemon({"start", "--instance", "dead"}).status == 0);
    put_down(pid_in(file("dead").string()));
    boost::filesystem::create_directory(file("odd"));
    const auto claimed = daemonkit::flock_pid_file{.path = file("starts")}.claim();
    lines += daemon({"list", "--json"}).out;
    lines += run({"env", "THROWS=no line 7", DAEMONKIT_TEST_DAEMON_DIR "/instanced", "list", "--json"}).out;
    for (const char* const name : {"a", "\xc3\xa4"}) BOOST_TEST(daemon({"stop", "--instance", name}).status == 0);

    const auto verdict = validated(lines, list_validator, "list.schema.json");
    BOOST_TEST(verdict.status == 0, verdict.err);
    BOOST_TEST(verdict.out == "None\n"
                              "None a running, dead dead, odd unknown, starts starting, \\xe4 running\n"
                              "'cannot make the settings: no line 7'\n");
}

BOOST_AUTO_TEST_SUITE_END()
