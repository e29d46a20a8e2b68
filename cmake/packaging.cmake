# SPDX-License-Identifier: EUPL-1.2
# `cmake --install` and a Debian package: `./dev package`.
include(GNUInstallDirs)
install(TARGETS bakhita bakhitad RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY protocol/identifier/tables/ DESTINATION ${CMAKE_INSTALL_DATADIR}/bakhita/tables
  FILES_MATCHING PATTERN "*.tsv")
install(DIRECTORY protocol/codes/tables/ DESTINATION ${CMAKE_INSTALL_DATADIR}/bakhita/codes
  FILES_MATCHING PATTERN "*.tsv")
install(FILES config/example.yaml DESTINATION ${CMAKE_INSTALL_DATADIR}/bakhita)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME bakhita)
set(CPACK_PACKAGE_VENDOR "Bakhita")
set(CPACK_PACKAGE_CONTACT "maintainers of Bakhita")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_STRIP_FILES ON)
include(CPack)
