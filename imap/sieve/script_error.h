// Where something stands in a Sieve script, and what is wrong there.
//
// Lines and columns count from 1; a column is a byte. A list of errors is bounded by
// Limits::errors. Values; no sharing.
#ifndef ROOKERY_IMAP_SIEVE_SCRIPT_ERROR_H
#define ROOKERY_IMAP_SIEVE_SCRIPT_ERROR_H

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/strings.h"

namespace rookery::sieve {

struct Position {
    uint32_t line = 1;
    uint32_t column = 1;
};

struct ScriptError {
    Position at;
    std::string text;  // what is wrong, and what was expected

    std::string to_string() const { return cat(at.line, ":", at.column, ": ", text); }
};

class ScriptErrors {
 public:
    explicit ScriptErrors(size_t max) : max_(max) {}
    void add(Position at, std::string text)
    {
        if (!full()) list_.push_back({at, std::move(text)});
    }
    bool full() const { return list_.size() >= max_; }
    bool empty() const { return list_.empty(); }
    std::vector<ScriptError> take() { return std::move(list_); }

 private:
    std::vector<ScriptError> list_;
    size_t max_;
};

}  // namespace rookery::sieve

#endif
