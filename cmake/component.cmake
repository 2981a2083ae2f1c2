# millrace_component(<name> [DIRS <dir>...] [HEADERS <header>...] [PUBLIC <target>...]
#                    [PRIVATE <target>...])
#
# One call makes a component: the library millrace_<name> from src/<dir>/*.cpp, its alias
# millrace::<name>, its public headers (include/millrace/<dir>/**.hpp and HEADERS, relative to
# include/millrace) and, when MILLRACE_INSTALL is on, its install rules and export set.
# DIRS defaults to <name>. A component without a .cpp file is an INTERFACE library. PRIVATE is
# linked but not seen by users; a static build needs it at their link all the same.
function(millrace_component name)
  cmake_parse_arguments(arg "" "" "DIRS;HEADERS;PUBLIC;PRIVATE" ${ARGN})
  if(NOT arg_DIRS)
    set(arg_DIRS ${name})
  endif()
  set(include ${PROJECT_SOURCE_DIR}/include)
  set(sources "")
  set(headers "")
  foreach(header IN LISTS arg_HEADERS)
    file(GLOB header CONFIGURE_DEPENDS ${include}/millrace/${header})
    list(APPEND headers ${header})
  endforeach()
  foreach(dir IN LISTS arg_DIRS)
    file(GLOB_RECURSE dir_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${dir}/*.cpp)
    file(GLOB_RECURSE dir_headers CONFIGURE_DEPENDS ${include}/millrace/${dir}/*.hpp)
    list(APPEND sources ${dir_sources})
    list(APPEND headers ${dir_headers})
  endforeach()

  set(target millrace_${name})
  if(sources)
    add_library(${target} ${sources})
    set(scope PUBLIC)
    set_target_properties(${target} PROPERTIES
      VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
      CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON CXX_EXTENSIONS OFF
      POSITION_INDEPENDENT_CODE ON INSTALL_RPATH "$ORIGIN"
      # Static and shared objects are the same then, so a compiler cache serves both.
      DEFINE_SYMBOL "")
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${target} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
    millrace_warnings(${target})
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
    set(arg_PRIVATE "")
    target_link_libraries(${target} INTERFACE ${arg_PUBLIC})
  endif()
  add_library(millrace::${name} ALIAS ${target})
  target_compile_features(${target} ${scope} cxx_std_20)
  target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS ${include} FILES ${headers})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name}
    MILLRACE_HEADERS "${headers}" MILLRACE_PUBLIC "${arg_PUBLIC}" MILLRACE_PRIVATE "${arg_PRIVATE}")
  set_property(GLOBAL APPEND PROPERTY MILLRACE_COMPONENTS ${name})
endfunction()
