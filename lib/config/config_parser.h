// The syntax of imapd.conf: a file, and what it includes, as a list of name and value.
//
// Knows nothing of options. Names come out in lower case. Limits: 1 MB per file, includes 8 deep,
// 20,000 lines in all. Every error is Code::config and reads "file:line: reason".
#ifndef ROOKERY_LIB_CONFIG_CONFIG_PARSER_H
#define ROOKERY_LIB_CONFIG_CONFIG_PARSER_H

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace rookery::config {

struct Line {
    std::string file;
    unsigned number = 0;
    std::string name;
    std::string value;
    // What a backslash at the end of a line has joined to it, one for each line below its own.
    std::vector<std::string> joined;
};

// A line "@include: path".
struct Include {
    std::string file;
    unsigned number = 0;
    std::string path;
};

// What a file says, past lines that are wrong.
struct Reading {
    std::vector<Line> lines;
    std::vector<Include> includes;
    std::vector<Error> faults;
};

// "file:line: reason" as an Error.
Error line_error(const std::string& file, unsigned number, std::string_view reason);

Result<std::vector<Line>> parse_file(const std::string& path);
// Fails if the file itself cannot be read.
Result<Reading> read_past_faults(const std::string& path);
// name stands for the file in error texts.
Result<std::vector<Line>> parse_text(std::string_view text, const std::string& name);

}  // namespace rookery::config

#endif
