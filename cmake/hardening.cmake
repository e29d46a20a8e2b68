# SPDX-License-Identifier: EUPL-1.2
# One interface target carries language level, warnings and hardening; every target of ours links it.
# Flags follow the OpenSSF compiler hardening guide, as far as g++ 12.2 takes them.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
set(BAKHITA_SANITIZERS "" CACHE STRING "comma-separated list for -fsanitize=")

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(bakhita_flags INTERFACE)
target_include_directories(bakhita_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(bakhita_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wformat=2 -Wswitch-enum -Werror
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=
  -D_GLIBCXX_ASSERTIONS -fstack-protector-strong -fno-delete-null-pointer-checks
  -fno-strict-overflow -fno-strict-aliasing -ftrivial-auto-var-init=zero)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(bakhita_flags INTERFACE -fcf-protection=full -fstack-clash-protection
    -Wbidi-chars=any)
endif()
if(BAKHITA_SANITIZERS)
  target_compile_options(bakhita_flags INTERFACE -fsanitize=${BAKHITA_SANITIZERS}
    -fno-omit-frame-pointer)
  target_link_options(bakhita_flags INTERFACE -fsanitize=${BAKHITA_SANITIZERS})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 sees uninitialised members in <regex> and std::function that only its own checks make.
    target_compile_options(bakhita_flags INTERFACE -Wno-maybe-uninitialized)
  endif()
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(bakhita_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
target_link_options(bakhita_flags INTERFACE
  -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code -Wl,--as-needed)
set(CMAKE_EXE_LINKER_FLAGS "${CMAKE_EXE_LINKER_FLAGS} -pie")

# The compiler's own coverage and fuzzing switches are set by the presets of the same name.
