# SPDX-License-Identifier: Apache-2.0
# The flags every target of this tree takes: orch_flags is linked PRIVATE.
add_library(orch_flags INTERFACE)
target_compile_options(orch_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
    -fno-omit-frame-pointer -ffp-contract=off)
target_compile_definitions(orch_flags INTERFACE _GNU_SOURCE)
if(ORCHESTRA_WERROR)
    target_compile_options(orch_flags INTERFACE -Werror)
endif()
if(CMAKE_BUILD_TYPE MATCHES "Rel")
    target_compile_options(orch_flags INTERFACE -O2 -fstack-protector-strong)
    target_compile_definitions(orch_flags INTERFACE _FORTIFY_SOURCE=2)
endif()
if(ORCHESTRA_SANITIZE)
    target_compile_options(orch_flags INTERFACE
        -fsanitize=${ORCHESTRA_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(orch_flags INTERFACE -fsanitize=${ORCHESTRA_SANITIZE})
endif()
if(ORCHESTRA_FUZZ)
    # Coverage for libFuzzer, whose main comes with the targets only (tests/fuzz).
    target_compile_options(orch_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
