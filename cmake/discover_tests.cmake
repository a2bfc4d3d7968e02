# SPDX-License-Identifier: BSL-1.0
# cmake -D executable=… -D room=… -D variant=… -D tests_file=… -P discover_tests.cmake
# Asks a Boost.Test executable for its cases and labels and writes them down as CTest tests `room.suite.case`, or
# `variant.room.suite.case` with the label of the variant. A case without a label is a `unit` test.
cmake_minimum_required(VERSION 3.21...3.31)

# DOT is the only listing of Boost.Test that tells names and labels together. It goes to stderr.
execute_process(COMMAND "${executable}" --list_content=DOT
                OUTPUT_VARIABLE listing ERROR_VARIABLE listing RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "${executable} --list_content=DOT failed (${status}):\n${listing}")
endif()

# Square brackets and semicolons mean something to CMake's lists.
string(REGEX REPLACE "[][]" " " listing "${listing}")
string(REPLACE ";" "" listing "${listing}")
string(REPLACE "\n" ";" listing "${listing}")

string(REPLACE "|" ";" environment "${environment}")
set(content "")
foreach(line IN LISTS listing)
    if(line MATCHES "^(tu[0-9]+) .*color=([a-z]+),label=\"([^|\"]*)(.*)\"")
        # A suite or case: its edge comes on the next line, its children after that.
        set(unit ${CMAKE_MATCH_1})
        set(colour ${CMAKE_MATCH_2})
        set(name "${CMAKE_MATCH_3}")
        set(details "${CMAKE_MATCH_4}")
        set(labels "")
        if(details MATCHES "labels: ([^|]*)")
            string(REGEX MATCHALL "[^ @]+" labels "${CMAKE_MATCH_1}")
        endif()
    elseif(line MATCHES "^(tu[0-9]+) -> (tu[0-9]+)")
        set(parent ${CMAKE_MATCH_1})
        set(path_${unit} "${path_${parent}}/${name}")
        set(labels_${unit} ${labels_${parent}} ${labels})
        set(leaf_${parent} FALSE)
        set(leaf_${unit} TRUE)
        set(colour_${unit} ${colour})
        list(APPEND units ${unit})
    endif()
endforeach()

set(turn 0)
foreach(unit IN LISTS units)
    if(NOT leaf_${unit})
        continue()
    endif()
    string(REGEX REPLACE "^/" "" path "${path_${unit}}")
    string(REPLACE "/" "." name "${room}.${path}")
    string(REPLACE " " "" name "${name}")
    set(lock "${name}")

    set(labels ${labels_${unit}})
    if(NOT labels)
        set(labels unit)
    endif()
    set(timeout 300) # a hang, on the busiest machine too
    set(cost 20) # what takes long starts first, so that nothing is waited for at the end
    if("slow" IN_LIST labels OR "fault" IN_LIST labels)
        set(cost 40)
    elseif("unit" IN_LIST labels)
        set(cost 0)
    endif()
    if("slow" IN_LIST labels)
        set(timeout 900)
    endif()
    # Three members of etcd and many daemons that wait for minutes: two such tests at a time leave room for others.
    if("slow" IN_LIST labels AND "etcd" IN_LIST labels)
        math(EXPR turn "1 - ${turn}")
        list(APPEND lock etcd.${turn})
        set(cost 100)
    endif()
    set(disabled FALSE)
    if(NOT colour_${unit} STREQUAL "green")
        set(disabled TRUE)
    endif()
    set(fixture "")
    if(variant)
        string(PREPEND name "${variant}.")
        list(APPEND labels ${variant})
    endif()
    if(variant STREQUAL "sanitized")
        set(fixture "FIXTURES_REQUIRED sanitizer ENVIRONMENT [==[${environment}]==]")
    elseif(variant AND (name MATCHES "\\.(lifecycle\\.bare|etcd\\.ledgerd)\\." OR labels MATCHES "slow|fault"))
        continue() # what the optimiser must leave out, what starts an example, and what takes long
    endif()
    list(REMOVE_DUPLICATES labels)

    # Signals are left to the kernel: Boost.Test's own handlers would be inherited by the daemons.
    # The lock keeps a test from running beside itself when ctest runs two builds at once.
    string(APPEND content
        "add_test([==[${name}]==] [==[${executable}]==] [==[--run_test=${path}]==]"
        " --catch_system_errors=no --color_output=no)\n"
        "set_tests_properties([==[${name}]==] PROPERTIES LABELS [==[${labels}]==] TIMEOUT ${timeout} COST ${cost}"
        " DISABLED ${disabled} RESOURCE_LOCK [==[${lock}]==]"
        " SKIP_REGULAR_EXPRESSION [==[(^|\n)SKIPPED: ]==] ${fixture})\n")
endforeach()
file(WRITE "${tests_file}" "${content}")
