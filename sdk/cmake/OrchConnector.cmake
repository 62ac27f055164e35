# SPDX-License-Identifier: Apache-2.0
function(orch_add_manifest name)
    set(file ${CMAKE_BINARY_DIR}/connectors/${name}.orch.json)
    if(TARGET orchestra)
        set(program $<TARGET_FILE:orchestra>)
    else()
        find_program(ORCHESTRA orchestra HINTS ${ORCH_PROGRAM_DIR})
        set(program ${ORCHESTRA})
    endif()
    if(NOT program OR CMAKE_CROSSCOMPILING OR ORCHESTRA_FUZZ)
        message(STATUS "${name}: no program orchestra that runs here, no manifest is made")
        return()
    endif()
    if(TARGET orchestra)
        add_dependencies(${name} orchestra)
        set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${program})
    endif()
    # A manifest that could not be made must not be one of before.
    add_custom_command(TARGET ${name} POST_BUILD VERBATIM BYPRODUCTS ${file}
        COMMAND sh -c
            [[rm -f "$3" && "$1" connectors manifest "$2" >"$3.new" && mv "$3.new" "$3"]]
            sh ${program} $<TARGET_FILE:${name}> ${file})
    set_target_properties(${name} PROPERTIES ORCH_MANIFEST ${file})
endfunction()

# orch_add_connector(NAME SOURCES file... [LIBRARIES library...])
#
# Builds the plugin NAME.so in ${CMAKE_BINARY_DIR}/connectors: only orch_plugin_entry is exported,
# nothing of the host is linked. The same file serves this tree and, behind
# find_package(orchestra-sdk), connectors built elsewhere.
#
# Beside it lies its manifest, NAME.orch.json: what the library says when the program `orchestra`
# asks it. Where there is no such program, or none that runs here, there is no manifest; hosts then
# ask the library each time.
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
    orch_add_manifest(${name})
endfunction()

# orch_install_connector(NAME DESTINATION folder [COMPONENT component])
#
# Installs the library and its manifest.
function(orch_install_connector name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "DESTINATION;COMPONENT" "")
    set(component)
    if(arg_COMPONENT)
        set(component COMPONENT ${arg_COMPONENT})
    endif()
    install(TARGETS ${name} LIBRARY DESTINATION ${arg_DESTINATION} ${component})
    get_target_property(manifest ${name} ORCH_MANIFEST)
    if(manifest)
        install(FILES ${manifest} DESTINATION ${arg_DESTINATION} ${component})
    endif()
endfunction()
