// Report: what a subcommand found, as text for people or as JSON for programs.
//
// A report is a list of sections, each a list of rows with named values. As text: a line with the
// section's title, then a table without lines; as JSON: an object with a member for each section,
// an array of objects. Values are texts or numbers. One thread.
#ifndef ROOKERY_IMAP_ADMIN_MURDER_REPORT_H
#define ROOKERY_IMAP_ADMIN_MURDER_REPORT_H

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rookery::admin::murder {

struct Value {
    Value(std::string_view t) : text(t) {}
    Value(const std::string& t) : text(t) {}
    Value(const char* t) : text(t) {}
    static Value number(int64_t n);

    std::string text;
    bool is_number = false;
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
    // Empty sections are left out of the text.
    std::string to_text() const;
    // result: "fine", "warning", "critical".
    std::string to_json(std::string_view result) const;

 private:
    std::vector<Section> sections_;
};

}  // namespace rookery::admin::murder

#endif
