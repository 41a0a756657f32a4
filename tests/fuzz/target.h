// What a fuzz target is: libFuzzer's entry point, and a check that ends the process.
//
// A target takes any bytes, must return 0, and must not depend on what it was given before.
#ifndef ROOKERY_TESTS_FUZZ_TARGET_H
#define ROOKERY_TESTS_FUZZ_TARGET_H

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/result.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace rookery::fuzz {

inline std::string_view text_of(const uint8_t* data, size_t size)
{
    return {reinterpret_cast<const char*>(data), size};
}

inline void require(bool holds, std::string_view what)
{
    if (!holds) panic(what);
}

}  // namespace rookery::fuzz

#endif
