#include "imap/admin/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "lib/base/strings.h"

namespace rookery::admin {
namespace {

winsize size_of(int fd)
{
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0) return {};
    return size;
}

std::string_view sequence_of(Colour colour)
{
    switch (colour) {
        case Colour::none: return "";
        case Colour::bold: return "\033[1m";
        case Colour::good: return "\033[32m";
        case Colour::warning: return "\033[33m";
        case Colour::bad: return "\033[1;31m";
    }
    return "";
}

}  // namespace

bool is_terminal(int fd)
{
    return ::isatty(fd) == 1;
}

bool can_redraw(int fd)
{
    const char* term = ::getenv("TERM");
    return is_terminal(fd) && term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

// NO_COLOR counts if it is there and not empty (no-color.org).
bool takes_colours(int fd)
{
    const char* none = ::getenv("NO_COLOR");
    return can_redraw(fd) && (none == nullptr || *none == '\0');
}

size_t width_of(int fd)
{
    const size_t columns = size_of(fd).ws_col;
    return columns >= 40 ? columns : 80;
}

size_t height_of(int fd)
{
    const size_t lines = size_of(fd).ws_row;
    return lines >= 10 ? lines : 24;
}

std::string coloured(std::string_view text, Colour colour, bool with_colours)
{
    if (!with_colours || colour == Colour::none) return std::string(text);
    return cat(sequence_of(colour), text, "\033[0m");
}

std::string printable(std::string_view text)
{
    std::string out(text);
    std::replace_if(
        out.begin(), out.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    return out;
}

size_t columns_of(std::string_view text)
{
    return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

}  // namespace rookery::admin
