// Text with "${...}" in it: variables (RFC 5229 3) and encoded characters (RFC 5228 2.4.2.4).
//
// What looks like a reference but is none stands for itself. Codes: syntax (a namespace that is not
// known, a match variable over kMaxMatchVariable, a character that Unicode does not have). Pure.
#ifndef ROOKERY_IMAP_SIEVE_VARIABLE_TEXT_H
#define ROOKERY_IMAP_SIEVE_VARIABLE_TEXT_H

#include <functional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace rookery::sieve {

inline constexpr size_t kMaxMatchVariable = 32;

struct VariableName {
    enum class Kind { plain, global, match } kind = Kind::plain;
    std::string name;  // lower case
    size_t number = 0;
};

// identifier, "global." identifier, or digits. What is none of them: Code::syntax.
Result<VariableName> parse_variable_name(std::string_view text);

// Each reference replaced by its value; the result is cut off at max bytes, between characters.
std::string expand_variables(std::string_view text, size_t max,
                             const std::function<std::string_view(const VariableName&)>& value);
// Whether all references can be meant. "global." is a namespace with include (RFC 6609 3.4.2).
Status check_variables(std::string_view text, bool has_global);

// "${hex:41 42}" and "${unicode:263A}" replaced.
Result<std::string> decode_characters(std::string_view text);

// At most max bytes, without cutting a character in two.
std::string_view cut(std::string_view text, size_t max);

}  // namespace rookery::sieve

#endif
