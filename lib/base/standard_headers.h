// What most sources include of the standard library (configure --enable-precompiled-headers).
#ifndef ROOKERY_LIB_BASE_STANDARD_HEADERS_H
#define ROOKERY_LIB_BASE_STANDARD_HEADERS_H

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#endif
