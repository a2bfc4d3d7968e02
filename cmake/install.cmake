# SPDX-License-Identifier: BSL-1.0
# cmake --install: headers, the CMake package, the pkg-config file; cpack -G DEB: the same as a package.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# Headers only: nothing depends on the architecture, so the packages live under share/.
set(config_dir "${CMAKE_INSTALL_DATADIR}/cmake/daemonkit")
set(pkgconfig_dir "${CMAKE_INSTALL_DATADIR}/pkgconfig")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.hpp" PATTERN compiled.cpp PATTERN "*.schema.json" PATTERN testing EXCLUDE)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE_1_0.txt" DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT licence)
install(FILES "${PROJECT_SOURCE_DIR}/cmake/daemonkit.7" DESTINATION "${CMAKE_INSTALL_MANDIR}/man7")

# Two files: daemonkit::core is there without Boost, daemonkit::daemonkit is not.
install(TARGETS daemonkit_core EXPORT daemonkitCoreTargets INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(TARGETS daemonkit EXPORT daemonkitTargets)
install(EXPORT daemonkitCoreTargets NAMESPACE daemonkit:: DESTINATION "${config_dir}")
install(EXPORT daemonkitTargets NAMESPACE daemonkit:: DESTINATION "${config_dir}")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/daemonkitConfig.cmake.in"
                              "${PROJECT_BINARY_DIR}/daemonkitConfig.cmake"
                              INSTALL_DESTINATION "${config_dir}"
                              NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may break its users.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/daemonkitConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/daemonkitConfig.cmake"
              "${PROJECT_BINARY_DIR}/daemonkitConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/daemonkitCompiled.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/daemonkitEtcd.cmake"
        DESTINATION "${config_dir}")

# For test programs: `cmake --install BUILD --component testing` installs this alone.
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/daemonkit/testing"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/daemonkit" COMPONENT testing FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_SOURCE_DIR}/cmake/daemonkitTesting.cmake" DESTINATION "${config_dir}" COMPONENT testing)

# The prefix is found from the place of the file, so an installed tree can be moved.
if(IS_ABSOLUTE "${CMAKE_INSTALL_DATADIR}")
    set(pkgconfig_prefix "${CMAKE_INSTALL_PREFIX}")
else()
    file(RELATIVE_PATH prefix_from_pkgconfig "/${pkgconfig_dir}" "/")
    string(REGEX REPLACE "/$" "" prefix_from_pkgconfig "${prefix_from_pkgconfig}")
    set(pkgconfig_prefix "\${pcfiledir}/${prefix_from_pkgconfig}")
endif()
if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
    set(pkgconfig_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
else()
    set(pkgconfig_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/daemonkit.pc.in" "${PROJECT_BINARY_DIR}/daemonkit.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/daemonkit.pc" DESTINATION "${pkgconfig_dir}")

if(PROJECT_IS_TOP_LEVEL)
    include(cmake/package.cmake)
endif()
