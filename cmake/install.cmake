# Install rules of all components: one export set, one dependency file and one .pc file each.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# What a user's find_package has to call, and what pkg-config has to name, for each target that is
# not ours.
set(millrace_find_Boost::headers "find_dependency(Boost 1.81 CONFIG COMPONENTS headers)")
set(millrace_find_Threads::Threads "find_dependency(Threads)")
set(millrace_find_OpenSSL::Crypto "find_dependency(OpenSSL)")
set(millrace_find_ZLIB::ZLIB "find_dependency(ZLIB)")
set(millrace_find_Snappy::snappy "find_dependency(Snappy CONFIG)")
set(millrace_find_fmt::fmt "find_dependency(fmt)")
set(millrace_pc_OpenSSL::Crypto libcrypto)
set(millrace_pc_ZLIB::ZLIB zlib)
set(millrace_pc_Snappy::snappy snappy)
set(millrace_pc_fmt::fmt fmt)
set(millrace_libs_Threads::Threads -pthread)

# Sorts `targets` into our components, find_dependency lines, .pc modules and plain flags.
function(millrace_sort_dependencies targets)
  set(components "")
  set(finds "")
  set(modules "")
  set(libs "")
  foreach(target IN LISTS targets)
    if(target MATCHES "^millrace::(.+)")
      list(APPEND components ${CMAKE_MATCH_1})
    elseif(DEFINED millrace_find_${target})
      list(APPEND finds "${millrace_find_${target}}")
      list(APPEND modules ${millrace_pc_${target}})
      list(APPEND libs ${millrace_libs_${target}})
    else()
      message(FATAL_ERROR "cmake/install.cmake does not know how a user finds ${target}; add it "
        "to the table at its top")
    endif()
  endforeach()
  foreach(result IN ITEMS components finds modules libs)
    set(${result} "${${result}}" PARENT_SCOPE)
  endforeach()
endfunction()

function(millrace_install_component name cmake_dir)
  get_target_property(type millrace_${name} TYPE)
  get_target_property(public millrace_${name} MILLRACE_PUBLIC)
  get_target_property(private millrace_${name} MILLRACE_PRIVATE)
  install(TARGETS millrace_${name} EXPORT millrace-${name}-targets COMPONENT ${name}
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT millrace-${name}-targets NAMESPACE millrace:: DESTINATION ${cmake_dir}
    COMPONENT ${name})

  # CMake: public dependencies always, private ones only to link a static archive.
  millrace_sort_dependencies("${private}")
  set(private_finds "${finds}")
  set(private_modules ${modules})
  millrace_sort_dependencies("${public}")
  if(type STREQUAL "STATIC_LIBRARY")
    list(APPEND finds ${private_finds})
  endif()
  list(JOIN finds "\n" finds)
  set(file ${PROJECT_BINARY_DIR}/install/millrace-${name}-dependencies.cmake)
  file(CONFIGURE OUTPUT ${file} @ONLY CONTENT "set(millrace_needs @components@)\n@finds@\n")
  install(FILES ${file} DESTINATION ${cmake_dir} COMPONENT ${name})

  # pkg-config: millrace-<name>.pc, and plain millrace.pc for the whole.
  set(pc_name millrace-${name})
  if(name STREQUAL "millrace")
    set(pc_name millrace)
  endif()
  list(TRANSFORM components PREPEND millrace-)
  list(JOIN components " " pc_requires)
  list(JOIN private_modules " " pc_requires_private)
  list(JOIN libs " " pc_libs)
  if(NOT type STREQUAL "INTERFACE_LIBRARY")
    string(PREPEND pc_libs "-L\${libdir} -lmillrace_${name} ")
  endif()
  file(RELATIVE_PATH pc_up /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
  string(REGEX REPLACE "/$" "" pc_up "${pc_up}")
  set(file ${PROJECT_BINARY_DIR}/install/${pc_name}.pc)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/millrace.pc.in ${file} @ONLY)
  install(FILES ${file} DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT ${name})
endfunction()

function(millrace_install)
  set(cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/millrace)
  get_property(components GLOBAL PROPERTY MILLRACE_COMPONENTS)
  foreach(name IN LISTS components)
    millrace_install_component(${name} ${cmake_dir})
  endforeach()
  set(config ${PROJECT_BINARY_DIR}/install/millraceConfig)
  configure_package_config_file(cmake/millraceConfig.cmake.in ${config}.cmake
    INSTALL_DESTINATION ${cmake_dir} NO_CHECK_REQUIRED_COMPONENTS_MACRO NO_SET_AND_CHECK_MACRO)
  write_basic_package_version_file(${config}Version.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${config}.cmake ${config}Version.cmake DESTINATION ${cmake_dir} COMPONENT core)
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/millrace COMPONENT core)
endfunction()
