#include "lib/text/header_syntax.h"

namespace rookery::text {
namespace {

constexpr std::string_view kFrom = "From";
constexpr unsigned kOther = kFrom.size() + 1;

bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

}  // namespace

void HeaderSyntax::feed(std::string_view bytes)
{
    for (char c : bytes) {
        if (state_ == State::done || state_ == State::bad) return;
        const State next = step(c);
        if (next == State::name) {
            if (state_ == State::line) from_ = 0;
            from_ = from_ < kFrom.size() && c == kFrom[from_] ? from_ + 1 : kOther;
            has_fields_ = true;
        }
        state_ = next;
    }
}

HeaderSyntax::State HeaderSyntax::step(char c) const
{
    switch (state_) {
        case State::line: return begin_line(c);
        case State::name: return end_name(c);
        case State::space:
            if (c == ':') return State::value;
            return is_space(c) ? State::space : State::bad;
        case State::value: return c == '\n' ? State::line : State::value;
        case State::done:
        case State::bad: break;
    }
    return state_;
}

HeaderSyntax::State HeaderSyntax::begin_line(char c) const
{
    if (c == '\r' || c == '\n') return State::done;
    const bool may_fold = has_fields_ || rules_ == Rules::appended;
    if (is_space(c)) return may_fold ? State::value : State::bad;
    return c == ':' ? State::bad : end_name(c);
}

// One byte of a name, or what comes behind it.
HeaderSyntax::State HeaderSyntax::end_name(char c) const
{
    const auto u = static_cast<unsigned char>(c);
    if (c == ':') return State::value;
    if (is_space(c)) {
        if (rules_ == Rules::delivered) return State::space;
        return c == ' ' && from_ == kFrom.size() ? State::value : State::bad;
    }
    const bool is_ftext = rules_ == Rules::appended ? u > ' ' : u > ' ' && u < 0x7f;
    return is_ftext ? State::name : State::bad;
}

}  // namespace rookery::text
