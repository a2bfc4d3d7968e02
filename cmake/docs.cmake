# SPDX-License-Identifier: BSL-1.0
# cmake --build BUILD --target docs: the reference as HTML in BUILD/docs, by Doxygen, from the headers and their
# README.md. A public name without a description is an error. The internals, namespace daemonkit::detail, are left out.
find_package(Doxygen 1.9.2 QUIET) # 1.9.2 reads concepts
if(NOT DOXYGEN_FOUND)
    return()
endif()

set(DOXYGEN_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/docs")
set(DOXYGEN_FILTER_PATTERNS "\"*.md=${PROJECT_SOURCE_DIR}/cmake/docs_page.sh\"")
set(DOXYGEN_STRIP_FROM_PATH "${PROJECT_SOURCE_DIR}/include")
set(DOXYGEN_FULL_PATH_NAMES YES)
set(DOXYGEN_FILE_PATTERNS *.hpp *.dox *.md)
set(DOXYGEN_USE_MDFILE_AS_MAINPAGE "${PROJECT_SOURCE_DIR}/include/daemonkit/README.md")
set(DOXYGEN_EXCLUDE_PATTERNS */detail/* */sys/raw/*)
set(DOXYGEN_EXCLUDE_SYMBOLS daemonkit::detail daemonkit::detail::* daemonkit::testing::detail
    daemonkit::testing::detail::*)
set(DOXYGEN_GENERATE_TAGFILE "${DOXYGEN_OUTPUT_DIRECTORY}/daemonkit.tag")
set(DOXYGEN_HAVE_DOT NO)
set(DOXYGEN_GENERATE_LATEX NO)
set(DOXYGEN_QUIET YES)

# A name is documented, or the target fails: after all warnings, not after the first.
set(DOXYGEN_EXTRACT_ALL NO)
set(DOXYGEN_WARNINGS YES)
set(DOXYGEN_WARN_IF_UNDOCUMENTED YES)
set(DOXYGEN_WARN_AS_ERROR FAIL_ON_WARNINGS)
set(DOXYGEN_JAVADOC_AUTOBRIEF YES) # the first sentence is the summary

doxygen_add_docs(docs "${PROJECT_SOURCE_DIR}/include/daemonkit" "${PROJECT_SOURCE_DIR}/cmake/docs.dox"
                 COMMENT "the reference, in ${PROJECT_BINARY_DIR}/docs")
