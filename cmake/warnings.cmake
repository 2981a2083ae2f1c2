# Warnings for the project's own sources; never exported to a user's targets.
option(MILLRACE_WERROR "Treat warnings in millrace's own sources as errors" OFF)
function(millrace_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    -Wnon-virtual-dtor -Woverloaded-virtual $<$<BOOL:${MILLRACE_WERROR}>:-Werror>)
endfunction()
