#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# macros.sh INCLUDE_DIR COMPILER FLAGS…: our headers compile in a program that has defined macros with short names:
# every capital letter but the customary T, and the words below. What our headers include of others comes before the
# macros.
include=$1 compiler=$2
shift 2
words="Call Channel Child Chosen Class Code Count Daemon Data Default Defaults Descriptor Descriptors Entry Error Event File
    First Flag Fork Function Group Guard Handler Head Hook Index Item Key Kind Last Length Line Link List Lock Lookup Member
    Message Missing Mode Name Node Notify Number Object Option Options Owner Part Parts Pid Policies Policy Process Program
    Reason Reload Report Result Room Rule Say Second Self Settings Signal Signature Size State Status Stay Stdio Step Stream
    String Tag Task Text Thread Time Type Unit User Value Values Verb Watch Word"
if [ ! -x "$compiler" ]; then
    echo "SKIPPED: this compiler is not installed ($compiler)"
    exit 0
fi
cd "$include" || exit 1
{
    find . -name '*.hpp' -exec sed -n 's/^ *#include \(<[^>]*>\).*/\1/p' {} + | sort -u | grep -v '<daemonkit' |
        sed 's/.*/#if __has_include(&)\n#include &\n#endif/'
    for word in A B C D E F G H I J K L M N O P Q R S U V W X Y Z $words; do
        echo "#define $word 1"
    done
    find daemonkit -name '*.hpp' | sort | sed 's/.*/#include <&>/'
} | "$compiler" "$@" -x c++ -
