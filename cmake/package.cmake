# SPDX-License-Identifier: BSL-1.0
# cpack -G DEB: one architecture-independent package.
set(CPACK_GENERATOR DEB)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON) # headers only: nothing is built for the package
set(CPACK_PACKAGE_NAME libdaemonkit-dev)
set(CPACK_PACKAGE_VENDOR "daemonkit")
set(CPACK_PACKAGE_CONTACT "daemonkit authors <daemonkit@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE_1_0.txt")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libboost-filesystem-dev (>= 1.74)")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libboost-test-dev") # for daemonkit/testing
include(CPack)
