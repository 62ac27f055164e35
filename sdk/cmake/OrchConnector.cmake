# SPDX-License-Identifier: Apache-2.0
# orch_add_connector(NAME SOURCES file... [LIBRARIES library...])
#
# Builds the plugin NAME.so: only orch_plugin_entry is exported, nothing of the host is linked.
function(orch_add_connector name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
    add_library(${name} MODULE ${arg_SOURCES})
    if(TARGET orch_sdk)
        target_link_libraries(${name} PRIVATE orch_sdk orch_flags)
    else()
        target_link_libraries(${name} PRIVATE orchestra::sdk)
    endif()
    target_link_libraries(${name} PRIVATE ${arg_LIBRARIES})
    target_link_options(${name} PRIVATE -Wl,--exclude-libs,ALL)
    if(NOT ORCHESTRA_SANITIZE)
        target_link_options(${name} PRIVATE -Wl,--no-undefined)
    endif()
    set_target_properties(${name} PROPERTIES
        PREFIX "" C_VISIBILITY_PRESET hidden C_STANDARD 17
        LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/connectors)
endfunction()
