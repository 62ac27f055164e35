# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where; components: host, sdk (the part that connector authors need).
#
# The host looks for its own files beside its executable's folder (../lib/orchestra,
# ../share/orchestra), so these do not follow CMAKE_INSTALL_LIBDIR, which may be multiarch.
set(ORCH_PRIVATE_LIB "${CMAKE_INSTALL_BINDIR}/../lib/orchestra")
set(ORCH_PRIVATE_SHARE "${CMAKE_INSTALL_BINDIR}/../share/orchestra")
cmake_path(NORMAL_PATH ORCH_PRIVATE_LIB)
cmake_path(NORMAL_PATH ORCH_PRIVATE_SHARE)
include(${CMAKE_SOURCE_DIR}/sdk/cmake/OrchConnector.cmake)
get_property(ORCH_CONNECTORS GLOBAL PROPERTY ORCH_CONNECTORS)

install(TARGETS orchestra RUNTIME COMPONENT host)
install(TARGETS orchestra_icu orchestra_archive LIBRARY DESTINATION ${ORCH_PRIVATE_LIB}
        COMPONENT host)
foreach(connector ${ORCH_CONNECTORS})
    orch_install_connector(${connector} DESTINATION ${ORCH_PRIVATE_LIB}/connectors COMPONENT host)
endforeach()

# ---- what scripts and integrators read ---------------------------------------------------------

install(DIRECTORY scripts/library/ DESTINATION ${ORCH_PRIVATE_SHARE}/lua COMPONENT host)
foreach(folder energy resources health climate mobility territories)
    if(IS_DIRECTORY ${CMAKE_SOURCE_DIR}/scripts/${folder})
        install(DIRECTORY scripts/${folder} DESTINATION ${ORCH_PRIVATE_SHARE}/scripts
                COMPONENT host)
    endif()
endforeach()
if(IS_DIRECTORY ${CMAKE_SOURCE_DIR}/scripts/standards)
    install(DIRECTORY scripts/standards/ DESTINATION ${ORCH_PRIVATE_SHARE}/standards
            COMPONENT host)
endif()

# ---- documents and completions -----------------------------------------------------------------

install(FILES docs/orchestra.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT host)
install(FILES LICENSE docs/connectors.md docs/lua.md docs/operations.md docs/security.md
              scripts/orchestra.conf.example
        DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT host)
install(FILES scripts/completions/orchestra.bash RENAME orchestra COMPONENT host
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES scripts/completions/_orchestra COMPONENT host
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES scripts/completions/orchestra.fish COMPONENT host
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
