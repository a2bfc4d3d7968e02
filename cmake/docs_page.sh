#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# docs_page.sh PAGE: a README.md as Doxygen reads it. Headings get the anchors that GitHub gives them, and links to
# files, which the reference does not have, become text.
exec awk '
    /^ *```/ { code = !code }
    !code && /^##+ / {
        anchor = tolower($0)
        sub(/^#+ +/, "", anchor)
        gsub(/[^a-z0-9 _-]/, "", anchor)
        gsub(/ /, "-", anchor)
        print $0 " {#" anchor "}"
        next
    }
    !code {
        line = $0
        while (match(line, /\[[^][]*\]\([^()#:]+(#[^()]*)?\)/)) {
            link = substr(line, RSTART, RLENGTH)
            sub(/^\[/, "", link)
            sub(/\]\(.*/, "", link)
            line = substr(line, 1, RSTART - 1) link substr(line, RSTART + RLENGTH)
        }
        print line
        next
    }
    { print }' "$1"
