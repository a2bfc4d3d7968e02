#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# together.sh right|FIRST_ERRORS COMPILER FLAGS…: compiles all cases in one source, each in a namespace of its own,
# after the headers that they include. `right`: the correct twins, without REJECT, compile. Otherwise the wrong ones,
# and the file FIRST_ERRORS gets a line for each that is not accepted: its name and its first error. check.sh reads it.
what=$1 compiler=$2
shift 2
export LC_ALL=C
if [ ! -x "$compiler" ]; then
    echo "SKIPPED: this compiler is not installed ($compiler)"
    exit 0
fi

cd "$(dirname "$0")" || exit 1
# Cases of a missing header compile alone. So do wrong cases whose error is in a template that is the same for others:
# the compiler says it once, and names no case.
cases=$(find . -name '*.cpp' ! -name 'header_of_*' | sort | sed 's|^\./||; s|\.cpp$||')
[ "$what" = right ] || cases=$(printf '%s\n' "$cases" | grep -v '^path_of_.*pid_file$')

# A header of this folder is part of each case that includes it.
source_of_all() {
    sed -n 's/^\(#include <[^>]*>\).*/\1/p' ./*.hpp ./*.cpp | sort -u
    printf '%s\n' "$cases" | awk '
        function part(file,    line, number, words) {
            print "#line 1 \"" file "\""
            while ((getline line <file) > 0) {
                ++number
                if (line ~ /^#include "/) {
                    split(line, words, "\"")
                    part(words[2])
                    print "#line " number + 1 " \"" file "\""
                } else print (line ~ /^#(include <|pragma once)/ ? "" : line)
                if (line ~ /^#define /) {
                    split(line, words, /[ (]/)
                    defined[words[2]]
                }
            }
            close(file)
        }
        {
            print "namespace case_" $1 " {"
            part($1 ".cpp")
            print "}"
            for (name in defined) print "#undef " name
        }'
}

if [ "$what" = right ]; then
    source_of_all | "$compiler" "$@" -x c++ - && echo "$(echo "$cases" | wc -l) twins compile"
    exit
fi

# The compiler says with an error from where its template is instantiated: GCC before the error, Clang after it, and
# neither if that is the same as for the error before. So each error has its case: by its source or its namespace. An
# error that names no case may be the first one of any case that has none yet: these compile alone.
clang=0
case $compiler in *clang*) clang=1 && set -- "$@" -ferror-limit=0 ;; esac
mkdir -p "$(dirname "$what")"
source_of_all | "$compiler" "$@" -DREJECT -ftemplate-backtrace-limit=0 -x c++ - 2>&1 | awk -v clang=$clang '
    function finish() {
        if (error != "") {
            if (name == "" && !has_context) name = last
            if (name == "") {
                print "no case is named by " error >"/dev/stderr"
                error = ""
                exit
            }
            if (!(name in seen)) {
                seen[name]
                gsub("case_" name "::", "", error)
                print name, error
            }
            last = name
        }
        error = name = has_context = ""
    }
    !clang && /^In file included from |: (In|At) / { finish() }
    /^[^ ].*: (fatal |internal compiler )?error: / {
        if (error != "") finish()
        error = $0
    }
    /: (In|At) |required from |note: (in|while) / { has_context = 1 }
    name == "" && match($0, /^[a-z0-9_]+\.cpp:/) { name = substr($0, 1, RLENGTH - 5) }
    name == "" && match($0, /case_[a-z0-9_]+::/) { name = substr($0, RSTART + 5, RLENGTH - 7) }
    END { finish() }' >"$what"
echo "$(wc -l <"$what") of $(echo "$cases" | wc -l) cases have an error"
