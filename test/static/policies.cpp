// SPDX-License-Identifier: BSL-1.0
// Which types are a policy of which family, and which are none: tables checked by the compiler.
#include <daemonkit/daemonkit.hpp>

#include <boost/test/unit_test.hpp>

#include <type_traits>

using namespace daemonkit;
using namespace daemonkit::detail;

// Each policy is one of its own family and of no other.
template <class P>
inline constexpr int families = fork_policy<P> + pid_policy<P> + signal_policy<P> + stdio_policy<P> + notify_policy<P>;

static_assert(fork_policy<no_fork> && families<no_fork> == 1);
static_assert(fork_policy<single_fork> && families<single_fork> == 1);
static_assert(fork_policy<double_fork> && families<double_fork> == 1);
static_assert(fork_policy<handoff_fork> && families<handoff_fork> == 1);
static_assert(pid_policy<no_pid_file> && families<no_pid_file> == 1);
static_assert(pid_policy<pid_file> && families<pid_file> == 1);
static_assert(pid_policy<flock_pid_file> && families<flock_pid_file> == 1);
static_assert(signal_policy<inherit_signals> && families<inherit_signals> == 1);
static_assert(signal_policy<flag_signals> && families<flag_signals> == 1);
static_assert(signal_policy<self_pipe_signals> && families<self_pipe_signals> == 1);
static_assert(signal_policy<signalfd_signals> && families<signalfd_signals> == 1);
static_assert(signal_policy<basic_signalfd_signals<SIGUSR1, SIGUSR2>>);
static_assert(stdio_policy<inherit_stdio> && families<inherit_stdio> == 1);
static_assert(stdio_policy<null_stdio> && families<null_stdio> == 1);
static_assert(stdio_policy<log_file_stdio> && families<log_file_stdio> == 1);
static_assert(stdio_policy<configured_stdio> && families<configured_stdio> == 1);
static_assert(notify_policy<no_notify> && families<no_notify> == 1);
static_assert(notify_policy<service_notify> && families<service_notify> == 1);
static_assert(families<int> == 0 && families<void*> == 0);

// The constants by which combinations are checked.
static_assert(!no_fork::detaches && single_fork::detaches && double_fork::detaches);
static_assert(handoff_fork::detaches && leaves_no_launcher<handoff_fork> && !leaves_no_launcher<double_fork>);
static_assert(!no_pid_file::records_pid && pid_file::records_pid && flock_pid_file::records_pid);
static_assert(!inherit_signals::claims_signals && flag_signals::claims_signals && self_pipe_signals::claims_signals &&
              signalfd_signals::claims_signals);
static_assert(inherit_stdio::keeps_terminal && !null_stdio::keeps_terminal && !log_file_stdio::keeps_terminal);
static_assert(!inherit_stdio::reopens && !null_stdio::reopens && log_file_stdio::reopens);

// What each signal policy offers beyond wait().
static_assert(!has_signal_fd<inherit_signals::guard> && !has_stop_requested<inherit_signals::guard>);
static_assert(!has_signal_fd<flag_signals::guard> && has_stop_requested<flag_signals::guard>);
static_assert(has_signal_fd<self_pipe_signals::guard> && has_stop_requested<self_pipe_signals::guard>);
static_assert(has_signal_fd<signalfd_signals::guard> && !has_stop_requested<signalfd_signals::guard>);
static_assert(flag_signals::chosen.empty() && basic_flag_signals<SIGUSR2, SIGUSR1>::chosen.front() == SIGUSR2);

// A guard moves and is not copied where it owns something.
static_assert(fork_link_to_launcher<launcher_link> && !std::is_copy_constructible_v<launcher_link>);
static_assert(fork_link<handoff_link> && !fork_link_to_launcher<handoff_link>);
static_assert(notify_line<service_line> && !std::is_copy_constructible_v<service_line>);
static_assert(pid_guard<no_pid_file::guard> && pid_guard<pid_file_guard> &&
              !std::is_copy_constructible_v<pid_file_guard>);
static_assert(stdio_guard<fixed_streams> && stdio_guard<log_file_stdio::streams>);

// The constants must be static and the function const: everything else is rejected.
struct fact_in_the_object : no_fork
{
    bool detaches = false;
};
struct fact_of_another_type : no_fork
{
    static constexpr int detaches = 0;
};
struct fact_that_changes : no_fork
{
    static inline bool detaches = false;
};
struct verb_not_const
{
    static constexpr bool detaches = true;
    launcher_link detach();
};
struct verb_returns_nothing
{
    static constexpr bool detaches = true;
    void detach() const {}
};
struct not_copyable : no_fork
{
    sys::unique_fd owned{};
};
static_assert(!fork_policy<fact_in_the_object> && !fork_policy<fact_of_another_type> &&
              !fork_policy<fact_that_changes> && !fork_policy<verb_not_const> && !fork_policy<verb_returns_nothing> &&
              !fork_policy<not_copyable>);

struct nobody_finds_it : no_pid_file
{
    static constexpr bool records_pid = true;
};
struct found_but_nowhere : nobody_finds_it
{
    pid_holder find() const { return {}; }
};
struct somebody_finds_it : found_but_nowhere
{
    std::string where() const { return {}; }
};
static_assert(!pid_policy<nobody_finds_it> && !pid_policy<found_but_nowhere> && pid_policy<somebody_finds_it>);

struct hears_nothing_chosen : inherit_signals
{
    static constexpr bool claims_signals = true;
};
struct hears_by_the_letter : hears_nothing_chosen
{
    static constexpr std::array<int, 1> chosen{SIGUSR1};
};
static_assert(!signal_policy<hears_nothing_chosen> && signal_policy<hears_by_the_letter>);

struct reopens_unsaid
{
    static constexpr bool keeps_terminal = false;
    fixed_streams redirect() const { return {}; }
};
static_assert(!stdio_policy<reopens_unsaid>);

// Combinations are checked by the constants only, so policies of users are checked too.
struct ours_in_background : double_fork
{};
struct ours_on_terminal : null_stdio
{
    static constexpr bool keeps_terminal = true;
};
static_assert(sizeof(combination<double_fork, flock_pid_file, signalfd_signals, null_stdio, no_notify>) > 0);
static_assert(sizeof(combination<no_fork, no_pid_file, inherit_signals, inherit_stdio, no_notify>) > 0);
static_assert(sizeof(combination<no_fork, somebody_finds_it, hears_by_the_letter, ours_on_terminal, no_notify>) > 0);
static_assert(
    sizeof(combination<ours_in_background, somebody_finds_it, hears_by_the_letter, log_file_stdio, no_notify>) > 0);

// The members that a class defines, and what follows from them.
struct plain : sysv_daemon<plain>
{
    int run() { return 0; }
};
struct reloads : sysv_daemon<reloads>
{
    int run() { return 0; }
    void on_reload() {}
};
struct logs : sysv_daemon<logs, flock_pid_file, signalfd_signals, log_file_stdio>
{
    int run() { return 0; }
};
struct deaf : sysv_daemon<deaf, no_pid_file, inherit_signals, log_file_stdio>
{
    int run() { return 0; }
    void on_reload() {}
};
struct announces : sysv_daemon<announces>
{
    static constexpr bool announces_ready = true;
    int run() { return 0; }
};
static_assert(!plain::hears_reload() && reloads::hears_reload() && logs::hears_reload() && !deaf::hears_reload());
static_assert(plain::can_be_found && logs::can_be_found && !deaf::can_be_found);
static_assert(!announces_ready<plain>() && announces_ready<announces>());

// A service manager is told something by the policies that say so.
static_assert(!no_notify::notifies && service_notify::notifies && signal_policy<reaping_signals>);
struct mute : service_line
{
    void status(std::string_view) = delete;
};
static_assert(!notify_line<mute> && !notify_line<launcher_link> && !fork_link<service_line>);
struct connects_to_nothing
{
    static constexpr bool notifies = true;
    void connect() const {}
};
static_assert(!notify_policy<connects_to_nothing>);
static_assert(collects_children<reaping_signals> && !collects_children<self_pipe_signals>);
static_assert(!chooses_signals<reaping_signals> && chooses_signals<basic_reaping_signals<SIGUSR1>>);
static_assert(has_control_socket<flock_pid_file> && has_control_socket<pid_file> && !has_control_socket<no_pid_file>);

// The presets, by the parts they are made of; a part that is replaced leaves the others, whatever the order.
template <class D, class F, class P, class S, class O, class N>
inline constexpr bool made_of = std::is_same_v<D, basic_daemon<plain, F, P, S, O, N>>;
static_assert(made_of<sysv_daemon<plain>, double_fork, flock_pid_file, signalfd_signals, null_stdio, no_notify>);
static_assert(made_of<basic_daemon<plain>, double_fork, flock_pid_file, signalfd_signals, null_stdio, no_notify>);
static_assert(made_of<bsd_daemon<plain>, single_fork, flock_pid_file, self_pipe_signals, null_stdio, no_notify>);
static_assert(made_of<systemd_daemon<plain>, no_fork, no_pid_file, signalfd_signals, inherit_stdio, service_notify>);
static_assert(made_of<container_daemon<plain>, no_fork, no_pid_file, reaping_signals, inherit_stdio, no_notify>);
static_assert(
    made_of<universal_daemon<plain>, double_fork, flock_pid_file, reaping_signals, null_stdio, service_notify>);
static_assert(made_of<sysv_daemon<plain, pid_file>, double_fork, pid_file, signalfd_signals, null_stdio, no_notify>);
static_assert(made_of<sysv_daemon<plain, service_notify>, double_fork, flock_pid_file, signalfd_signals, null_stdio,
                      service_notify>);
static_assert(made_of<bsd_daemon<plain, pid_file, flag_signals, log_file_stdio, double_fork>, double_fork, pid_file,
                      flag_signals, log_file_stdio, no_notify>);
static_assert(std::is_same_v<bsd_daemon<plain, double_fork, pid_file, flag_signals, log_file_stdio>,
                             bsd_daemon<plain, log_file_stdio, flag_signals, double_fork, pid_file>>);

// Policies are aggregates of their settings; a setting without a default must be given.
static_assert(std::is_aggregate_v<double_fork> && std::is_aggregate_v<flock_pid_file> &&
              std::is_aggregate_v<pid_file> && std::is_aggregate_v<log_file_stdio> &&
              std::is_aggregate_v<process_settings> && std::is_aggregate_v<plain::settings>);
static_assert(std::is_empty_v<no_fork> && std::is_empty_v<no_pid_file> && std::is_empty_v<inherit_signals> &&
              std::is_empty_v<signalfd_signals> && std::is_empty_v<inherit_stdio> && std::is_empty_v<null_stdio> &&
              std::is_empty_v<no_notify>);

// A daemon object cannot be moved: the guards of its life point into it.
static_assert(!std::is_copy_constructible_v<plain> && !std::is_move_constructible_v<plain>);
static_assert(std::is_convertible_v<start_result, int> && std::is_convertible_v<control_result, int> &&
              std::is_convertible_v<status_report, int>);

BOOST_AUTO_TEST_SUITE(policies)

BOOST_AUTO_TEST_CASE(the_tables_above_compiled) { BOOST_TEST((fork_policy<double_fork>)); }

BOOST_AUTO_TEST_SUITE_END()
