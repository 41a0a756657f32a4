#include "lib/text/header_cursor.h"

namespace rookery::text {

std::string ValueCursor::comment()
{
    std::string out;
    size_t depth = 0;
    for (; !at_end(); pos_++) {
        const char c = s_[pos_];
        if (c == '\r' || c == '\n') continue;
        if (c == '\\' && pos_ + 1 < s_.size()) {
            out.push_back(s_[++pos_]);
            continue;
        }
        if (c == '(' && depth++ == 0) continue;
        if (c == ')' && --depth == 0) {
            pos_++;
            break;
        }
        out.push_back(c);
    }
    return out;
}

bool ValueCursor::skip_cfws(std::string* last_comment)
{
    const size_t begin = pos_;
    while (!at_end()) {
        if (is_lwsp(peek())) {
            pos_++;
        } else if (peek() == '(') {
            std::string text = comment();
            if (last_comment != nullptr) *last_comment = std::move(text);
        } else {
            break;
        }
    }
    return pos_ > begin;
}

std::string ValueCursor::quoted()
{
    std::string out;
    for (pos_++; !at_end(); pos_++) {
        const char c = s_[pos_];
        if (c == '"') {
            pos_++;
            break;
        }
        if (c == '\r' || c == '\n') continue;
        if (c == '\\' && pos_ + 1 < s_.size())
            out.push_back(s_[++pos_]);
        else
            out.push_back(c);
    }
    return out;
}

std::string_view ValueCursor::until(std::string_view stops)
{
    const size_t begin = pos_;
    while (!at_end() && !is_lwsp(peek()) && peek() != '(' &&
           stops.find(peek()) == std::string_view::npos)
        pos_++;
    return since(begin);
}

std::string_view ValueCursor::skip_to(std::string_view stops)
{
    const size_t begin = pos_;
    while (!at_end() && stops.find(peek()) == std::string_view::npos) {
        if (peek() == '"')
            quoted();
        else if (peek() == '(')
            comment();
        else
            pos_++;
    }
    return since(begin);
}

}  // namespace rookery::text
