# SPDX-License-Identifier: EUPL-1.2
# `cmake --install` and a Debian package: `./dev package`.
include(GNUInstallDirs)
set(package_files ${PROJECT_SOURCE_DIR}/cmake/package)
set(made ${PROJECT_BINARY_DIR}/package)

# What the command table says: manual page and completions, asked of the program itself.
add_custom_command(OUTPUT ${made}/bakhita.1.gz ${made}/bakhita.bash ${made}/_bakhita ${made}/bakhita.fish
    ${made}/bakhitad.8.gz ${made}/changelog.gz
  COMMAND ${CMAKE_COMMAND} -E make_directory ${made}
  COMMAND sh -c "$<TARGET_FILE:bakhita> __man | gzip -9n > ${made}/bakhita.1.gz"
  COMMAND sh -c "gzip -9nc ${package_files}/bakhitad.8 > ${made}/bakhitad.8.gz"
  COMMAND sh -c "gzip -9nc ${package_files}/changelog > ${made}/changelog.gz"
  COMMAND sh -c "$<TARGET_FILE:bakhita> completion bash > ${made}/bakhita.bash"
  COMMAND sh -c "$<TARGET_FILE:bakhita> completion zsh > ${made}/_bakhita"
  COMMAND sh -c "$<TARGET_FILE:bakhita> completion fish > ${made}/bakhita.fish"
  DEPENDS bakhita ${package_files}/bakhitad.8 ${package_files}/changelog VERBATIM)
add_custom_target(package_files ALL DEPENDS ${made}/bakhita.1.gz)

install(TARGETS bakhita bakhitad RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY protocol/identifier/tables/ DESTINATION ${CMAKE_INSTALL_DATADIR}/bakhita/tables
  FILES_MATCHING PATTERN "*.tsv")
install(DIRECTORY protocol/codes/tables/ DESTINATION ${CMAKE_INSTALL_DATADIR}/bakhita/codes
  FILES_MATCHING PATTERN "*.tsv")
install(FILES config/example.yaml config/bakhita.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/bakhita)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${package_files}/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${made}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${made}/bakhita.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${made}/bakhitad.8.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES ${made}/bakhita.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME bakhita)
install(FILES ${made}/_bakhita DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${made}/bakhita.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES config/bakhitad.service DESTINATION lib/systemd/system)
install(FILES config/bakhita.sysusers DESTINATION lib/sysusers.d RENAME bakhita.conf)
install(FILES config/bakhita.tmpfiles DESTINATION lib/tmpfiles.d RENAME bakhita.conf)
# In /etc with the prefix /usr, as Debian has it, below the prefix elsewhere; an operator's file stays.
install(CODE "set(example \"${PROJECT_SOURCE_DIR}/config/example.yaml\")")
install(CODE [[
  set(etc "${CMAKE_INSTALL_PREFIX}/etc")
  if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    set(etc "/etc")
  endif()
  if(NOT EXISTS "$ENV{DESTDIR}${etc}/bakhita/bakhita.yaml")
    file(INSTALL "${example}" DESTINATION "${etc}/bakhita" RENAME bakhita.yaml)
  endif()
]])

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME bakhita)
set(CPACK_PACKAGE_VENDOR "Bakhita")
set(CPACK_PACKAGE_CONTACT "Bakhita maintainers <maintainers@bakhita.example>")
# Files in /etc and in /usr: staged under DESTDIR.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS systemd)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "An authority's reports stay encrypted at home. The node finds out with other
countries' nodes which phone numbers, accounts, adverts and wallets both sides
are after, and shows neither side anything else.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${package_files}/conffiles ${package_files}/postinst ${package_files}/prerm ${package_files}/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_STRIP_FILES ON)
include(CPack)
