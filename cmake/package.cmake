# SPDX-License-Identifier: BSL-1.0
# cpack -G DEB: one architecture-independent package, in the form that Debian's policy asks for. cmake/debian/changelog
# gets an entry for each version; its first line is the version.
set(CPACK_GENERATOR DEB)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON) # headers only: nothing is built for the package
set(CPACK_PACKAGE_NAME libdaemonkit-dev)
set(CPACK_PACKAGE_VENDOR "daemonkit")
set(CPACK_PACKAGE_CONTACT "daemonkit authors <daemonkit@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "C++20 library that turns a program into a UNIX daemon")
set(CPACK_PACKAGE_DESCRIPTION
"A class declares run(), and policies that are chosen at compile time decide
how the daemon detaches, how it is identified, how it hears signals, where its
output goes and what it tells a service manager. One binary works under init
scripts and cluster managers, under systemd, s6, OpenRC, runit, dinit,
supervisord and monit, and as process 1 of a container.
.
This package contains the headers, the CMake package and the pkg-config file.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE) # whatever the umask is
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libboost-filesystem-dev (>= 1.74)")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libboost-test-dev, libcurl4-openssl-dev") # for daemonkit/testing, daemonkit/etcd.hpp

# Only in the package: Debian's files instead of the licence as a file, and what it wants compressed.
set(debian_doc_dir "${CMAKE_INSTALL_DATADIR}/doc/${CPACK_PACKAGE_NAME}")
file(READ "${PROJECT_SOURCE_DIR}/LICENSE_1_0.txt" licence)
string(STRIP "${licence}" licence)
string(REPLACE "\n\n" "\n.\n" licence "${licence}")
string(REPLACE "\n" "\n " licence " ${licence}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/debian/copyright.in" "${PROJECT_BINARY_DIR}/debian/copyright" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/debian/copyright" "${PROJECT_SOURCE_DIR}/cmake/debian/changelog"
        DESTINATION "${debian_doc_dir}" COMPONENT debian EXCLUDE_FROM_ALL)
install(CODE "set(compressed \"${debian_doc_dir}/changelog\" \"${CMAKE_INSTALL_MANDIR}/man7/daemonkit.7\")"
        COMPONENT debian EXCLUDE_FROM_ALL)
install(CODE [[
    list(TRANSFORM compressed PREPEND "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/")
    execute_process(COMMAND gzip -9n --force ${compressed} COMMAND_ERROR_IS_FATAL ANY)
]] COMPONENT debian EXCLUDE_FROM_ALL)
foreach(component IN ITEMS Unspecified testing debian)
    list(APPEND CPACK_INSTALL_CMAKE_PROJECTS "${PROJECT_BINARY_DIR}" daemonkit ${component} /)
endforeach()
include(CPack)
