// The widths of a table: each column as wide as its widest value; while they do not fit, the widest
// that is not of numbers becomes as narrow as the next one, or as is needed. A value that is wider
// than its column goes on in the next line, behind a space where there is one.
#include "imap/admin/murder/report.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/json.h"

namespace rookery::admin::murder {
namespace {

constexpr size_t kNarrowest = 8;
constexpr size_t kIndent = 1;  // and a space before each column

using Lines = std::vector<std::string_view>;

// The first bytes of a text that take at most so many columns.
size_t bytes_of(std::string_view text, size_t columns)
{
    size_t at = 0;
    while (at < text.size() && columns_of(text.substr(0, at + 1)) <= columns) ++at;
    return at;
}

Lines wrapped(std::string_view text, size_t width)
{
    Lines lines;
    while (columns_of(text) > width) {
        const size_t most = bytes_of(text, width);
        size_t end = text.rfind(' ', most);
        if (end == std::string_view::npos || end == 0) end = most;
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end);
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    }
    lines.push_back(text);
    return lines;
}

struct Column {
    size_t width = 0;
    bool has_text = false;
};

std::vector<Column> columns_for(const Section& s, size_t width)
{
    std::vector<Column> columns(s.columns.size());
    for (size_t i = 0; i < columns.size(); ++i) {
        columns[i].width = columns_of(s.columns[i]);
        for (const auto& row : s.rows) {
            columns[i].width = std::max(columns[i].width, columns_of(row[i].text));
            columns[i].has_text = columns[i].has_text || !row[i].is_number;
        }
    }
    for (;;) {
        size_t total = kIndent;
        for (const Column& c : columns) total += c.width + 1;
        if (total <= width) return columns;
        const auto widest =
            std::max_element(columns.begin(), columns.end(), [](const Column& x, const Column& y) {
                return (x.has_text ? x.width : 0) < (y.has_text ? y.width : 0);
            });
        if (widest == columns.end() || !widest->has_text || widest->width <= kNarrowest)
            return columns;
        --widest->width;
    }
}

// One row, in as many lines as its longest value takes.
void put_row(std::string& out, const std::vector<Column>& columns, const std::vector<Value>& row,
             bool with_colours)
{
    std::vector<Lines> cells;
    size_t height = 0;
    for (size_t i = 0; i < columns.size(); ++i) {
        cells.push_back(wrapped(row[i].text, columns[i].width));
        height = std::max(height, cells.back().size());
    }
    for (size_t n = 0; n < height; ++n) {
        std::string line(kIndent, ' ');
        size_t spaces = 0;
        for (size_t i = 0; i < columns.size(); ++i) {
            const std::string_view text = n < cells[i].size() ? cells[i][n] : "";
            const size_t fill = columns[i].width - std::min(columns[i].width, columns_of(text));
            ++spaces;
            if (row[i].is_number) spaces += fill;
            if (!text.empty()) {
                line.append(spaces, ' ');
                line += coloured(text, row[i].colour, with_colours);
                spaces = 0;
            }
            if (!row[i].is_number) spaces += fill;
        }
        cat_to(out, line, '\n');
    }
}

}  // namespace

Value Value::number(int64_t n)
{
    Value v{cat(n)};
    v.is_number = true;
    return v;
}

Value Value::number(std::optional<int64_t> n)
{
    if (n) return number(*n);
    Value v{"-"};
    v.is_number = true;
    return v;
}

Value Value::in(Colour c) &&
{
    colour = c;
    return std::move(*this);
}

Section& Report::section(std::string name, std::string title, std::vector<std::string> columns)
{
    sections_.reserve(32);  // references stay good
    sections_.push_back({std::move(name), std::move(title), std::move(columns), {}});
    return sections_.back();
}

void Report::append(Report other)
{
    for (Section& s : other.sections_) sections_.push_back(std::move(s));
}

std::string Report::to_text(size_t width, bool with_colours) const
{
    std::string out;
    for (const Section& s : sections_) {
        if (s.rows.empty()) continue;
        const auto columns = columns_for(s, width);
        cat_to(out, out.empty() ? "" : "\n", coloured(s.title, Colour::bold, with_colours), '\n');
        std::vector<Value> heads;
        for (size_t i = 0; i < s.columns.size(); ++i) {
            heads.emplace_back(s.columns[i]);
            heads.back().is_number = !columns[i].has_text;
        }
        put_row(out, columns, heads, false);
        for (const auto& row : s.rows) put_row(out, columns, row, with_colours);
    }
    return out;
}

std::string Report::to_json(std::string_view result) const
{
    std::string out = cat("{\"result\": ", text::json_string(result));
    for (const Section& s : sections_) {
        cat_to(out, ",\n \"", s.name, "\": [");
        for (size_t r = 0; r < s.rows.size(); r++) {
            cat_to(out, r == 0 ? "" : ",", "\n  {");
            for (size_t i = 0; i < s.columns.size(); i++) {
                const Value& v = s.rows[r][i];
                cat_to(out, i == 0 ? "" : ", ", text::json_string(s.columns[i]), ": ",
                       !v.is_number    ? text::json_string(v.text)
                       : v.text == "-" ? "null"
                                       : v.text);
            }
            out.push_back('}');
        }
        out.append("]");
    }
    out.append("}\n");
    return out;
}

}  // namespace rookery::admin::murder
