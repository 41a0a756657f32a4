// The option by which one program asks another whether it takes a command line: with it as first
// word each program with a CommandLine ends with 0 where it would begin otherwise, or with 64 and
// what is wrong, --help and --version or not. No help tells of it. A constant.
#ifndef ROOKERY_LIB_BASE_ONLY_CHECK_H
#define ROOKERY_LIB_BASE_ONLY_CHECK_H

#include <string_view>

namespace rookery {

inline constexpr std::string_view kOnlyCheck = "--_only-check-options";

}  // namespace rookery

#endif
