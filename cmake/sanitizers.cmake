# SPDX-License-Identifier: BSL-1.0
# DAEMONKIT_SANITIZE=address,undefined builds every program of this project with these sanitizers.
add_library(daemonkit_sanitizers INTERFACE)
if(DAEMONKIT_SANITIZE)
    set(sanitizer_flags "-fsanitize=${DAEMONKIT_SANITIZE}" -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_compile_options(daemonkit_sanitizers INTERFACE ${sanitizer_flags})
    target_link_options(daemonkit_sanitizers INTERFACE ${sanitizer_flags})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND DAEMONKIT_SANITIZE MATCHES "address")
        target_compile_definitions(daemonkit_sanitizers INTERFACE __SANITIZE_ADDRESS__=1) # as GCC, and later Clangs
    endif()

    # A daemon's stderr may be /dev/null or a log: reports go to files named report.PROGRAM.PID, which the test
    # sanitized.reports prints. Crashes are left to the kernel: tests provoke some and look at the status.
    set(DAEMONKIT_SANITIZER_REPORTS "${PROJECT_BINARY_DIR}/sanitizer")
    set(report_to "log_path=${DAEMONKIT_SANITIZER_REPORTS}/report:log_exe_name=1")
    set(DAEMONKIT_SANITIZER_ENVIRONMENT
        "ASAN_OPTIONS=${report_to}:detect_leaks=1:handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0"
        "UBSAN_OPTIONS=${report_to}:print_stacktrace=1")
endif()
