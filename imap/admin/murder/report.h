// Report: what a subcommand found, as text for people or as JSON for programs.
//
// A report is a list of sections, each a list of rows with named values. As text: a line with the
// section's title, then a table without lines, within a number of columns; as JSON: an object with
// a member for each section, an array of objects. Values are texts or numbers, or not known. One
// thread.
#ifndef ROOKERY_IMAP_ADMIN_MURDER_REPORT_H
#define ROOKERY_IMAP_ADMIN_MURDER_REPORT_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "imap/admin/terminal.h"

namespace rookery::admin::murder {

struct Value {
    Value(std::string_view t) : text(t) {}
    Value(const std::string& t) : text(t) {}
    Value(const char* t) : text(t) {}
    static Value number(int64_t n);
    // Not known: "-" for people, null for programs.
    static Value number(std::optional<int64_t> n);
    Value in(Colour c) &&;

    std::string text;
    bool is_number = false;
    Colour colour = Colour::none;
};

struct Section {
    std::string name;   // of the JSON member
    std::string title;  // for people
    std::vector<std::string> columns;
    std::vector<std::vector<Value>> rows;
};

class Report {
 public:
    Section& section(std::string name, std::string title, std::vector<std::string> columns);
    // The sections of another behind these.
    void append(Report other);
    // Empty sections are left out of the text. What does not fit into the width is put on further
    // lines of its column.
    std::string to_text(size_t width = SIZE_MAX, bool with_colours = false) const;
    // result: "fine", "warning", "critical".
    std::string to_json(std::string_view result) const;

 private:
    std::vector<Section> sections_;
};

}  // namespace rookery::admin::murder

#endif
