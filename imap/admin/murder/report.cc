#include "imap/admin/murder/report.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/json.h"

namespace rookery::admin::murder {

Value Value::number(int64_t n)
{
    Value v{cat(n)};
    v.is_number = true;
    return v;
}

Section& Report::section(std::string name, std::string title, std::vector<std::string> columns)
{
    sections_.reserve(32);  // references stay good
    sections_.push_back({std::move(name), std::move(title), std::move(columns), {}});
    return sections_.back();
}

std::string Report::to_text() const
{
    std::string out;
    for (const Section& s : sections_) {
        if (s.rows.empty()) continue;
        std::vector<size_t> widths(s.columns.size());
        for (const auto& row : s.rows)
            for (size_t i = 0; i < row.size(); i++)
                widths[i] = std::max(widths[i], row[i].text.size());
        for (size_t i = 0; i < widths.size(); i++)
            widths[i] = std::max(widths[i], s.columns[i].size());
        cat_to(out, out.empty() ? "" : "\n", s.title, '\n');
        auto put_row = [&](auto text_of) {
            std::string line = " ";
            for (size_t i = 0; i < widths.size(); i++) {
                std::string_view text = text_of(i);
                cat_to(line, ' ', text, std::string(widths[i] - text.size() + 1, ' '));
            }
            line.resize(line.find_last_not_of(' ') + 1);
            cat_to(out, line, '\n');
        };
        put_row([&](size_t i) { return std::string_view(s.columns[i]); });
        for (const auto& row : s.rows)
            put_row([&](size_t i) { return std::string_view(row[i].text); });
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
                       v.is_number ? v.text : text::json_string(v.text));
            }
            out.push_back('}');
        }
        out.append("]");
    }
    out.append("}\n");
    return out;
}

}  // namespace rookery::admin::murder
