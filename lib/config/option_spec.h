// One row of the option table, and the value of one option.
//
// The table itself (option_table) is made from options.def. A Value keeps the text as written for
// those who want it (libsasl2) beside the parsed form; which member counts follows from the Type.
#ifndef ROOKERY_LIB_CONFIG_OPTION_SPEC_H
#define ROOKERY_LIB_CONFIG_OPTION_SPEC_H

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/result.h"

namespace rookery::config {

enum class Type : unsigned char { text, path, list, flag, integer, duration, word };

inline constexpr int64_t kKilobyte = 1024;

struct OptionSpec {
    std::string_view name;
    Type type;
    bool has_default;
    std::string_view fallback;
    std::string_view words;  // word: the choices; list: the items allowed, "" = any
    int64_t unit;            // of a bare number; duration: seconds, integer: kKilobyte or 1
    int64_t min;
    int64_t max;
};

struct Value {
    std::string text;                // as written; text, path: the value
    std::vector<std::string> items;  // list
    int64_t number = 0;              // flag, integer, duration in seconds, word by its position
    bool is_set = false;             // from the file, not the default
};

std::span<const OptionSpec> option_table();

// A name that an option had, and the one that it has.
struct OldName {
    std::string_view old;
    std::string_view name;
};
std::span<const OldName> old_names();

// Parses text by the rules of the option. Code::config with the reason.
Result<Value> parse_value(const OptionSpec& spec, std::string_view text);

// "1d12h", "90", "-1"; a number without a letter is in units of unit seconds. Code::config.
Result<int64_t> parse_duration(std::string_view text, int64_t unit);

// "0 n.. of.. f.." is false, "1 y.. on.. t.." true, as cyrus.conf and imapd.conf have it.
Result<bool> parse_switch(std::string_view text);

}  // namespace rookery::config

#endif
