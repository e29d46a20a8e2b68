# SPDX-License-Identifier: EUPL-1.2
# Debian packages are the only source of dependencies; `dev` lists them.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers)
find_package(OpenSSL 3 REQUIRED)
find_package(Protobuf 3.21 REQUIRED)
find_package(ICU 72 REQUIRED COMPONENTS uc i18n)
find_package(RocksDB CONFIG REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(systemd REQUIRED IMPORTED_TARGET libsystemd)
if(NOT TARGET yaml-cpp::yaml-cpp)  # 0.7 has only the plain name
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()
