# SPDX-License-Identifier: Apache-2.0
# orch_add_connector(NAME SOURCES file... [LIBRARIES library...])
#
# Builds the plugin NAME.so in ${CMAKE_BINARY_DIR}/connectors: only orch_plugin_entry is exported,
# nothing of the host is linked. The same file serves this tree and, behind
# find_package(orchestra-sdk), connectors built elsewhere.
function(orch_add_connector name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
    if(NOT arg_SOURCES)
        message(FATAL_ERROR "orch_add_connector(${name}): SOURCES names no file")
    endif()
    add_library(${name} MODULE ${arg_SOURCES})
    if(TARGET orch_sdk)
        target_link_libraries(${name} PRIVATE orch_sdk orch_flags)
    else()
        target_link_libraries(${name} PRIVATE orchestra::sdk)
    endif()
    target_link_libraries(${name} PRIVATE ${arg_LIBRARIES})
    target_link_options(${name} PRIVATE -Wl,--exclude-libs,ALL)
    # A sanitizer's own functions are resolved in the program that loads the plugin.
    if(NOT ORCHESTRA_SANITIZE)
        target_link_options(${name} PRIVATE -Wl,--no-undefined)
    endif()
    set_target_properties(${name} PROPERTIES
        PREFIX "" C_VISIBILITY_PRESET hidden C_STANDARD 17 C_STANDARD_REQUIRED ON
        CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
        LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/connectors)
    set_property(GLOBAL APPEND PROPERTY ORCH_CONNECTORS ${name})
endfunction()
