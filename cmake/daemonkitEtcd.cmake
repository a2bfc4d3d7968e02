# SPDX-License-Identifier: BSL-1.0
# The target daemonkit::etcd: leases in etcd, the header daemonkit/etcd.hpp, which needs libcurl and the headers of Boost.
# Included by the installed package for the component `etcd`, and in a source tree by DAEMONKIT_ETCD.
if(TARGET daemonkit::etcd)
    return()
endif()
find_package(CURL 7.66 REQUIRED)
find_package(Threads REQUIRED)
get_target_property(daemonkit_etcd_installed daemonkit::daemonkit IMPORTED)
if(daemonkit_etcd_installed)
    add_library(daemonkit::etcd INTERFACE IMPORTED)
    set(daemonkit_etcd_target daemonkit::etcd)
else() # in the source tree
    add_library(daemonkit_etcd INTERFACE)
    add_library(daemonkit::etcd ALIAS daemonkit_etcd)
    set(daemonkit_etcd_target daemonkit_etcd)
endif()
target_link_libraries(${daemonkit_etcd_target} INTERFACE daemonkit::daemonkit CURL::libcurl Threads::Threads)
unset(daemonkit_etcd_target)
unset(daemonkit_etcd_installed)
