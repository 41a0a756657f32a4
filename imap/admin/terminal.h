// Terminal: whether somebody looks at what a tool writes, how wide it is, and colours there.
//
// Colours are for a terminal only, and not where NO_COLOR is set or TERM is "dumb" or unset. One
// thread; nothing here can fail.
#ifndef ROOKERY_IMAP_ADMIN_TERMINAL_H
#define ROOKERY_IMAP_ADMIN_TERMINAL_H

#include <string>
#include <string_view>

namespace rookery::admin {

bool is_terminal(int fd);
// One whose cursor can be moved: a terminal that is not "dumb".
bool can_redraw(int fd);
bool takes_colours(int fd);
// Columns of the terminal, 80 where there is none or it does not say.
size_t width_of(int fd);
// Lines, 24 likewise.
size_t height_of(int fd);

enum class Colour { none, bold, good, warning, bad };
// The text in this colour, if there are to be any.
std::string coloured(std::string_view text, Colour colour, bool with_colours);
// What is shown of a text from elsewhere: control characters become '?'.
std::string printable(std::string_view text);
// Characters that it takes on a terminal: of UTF-8, without combining ones being known.
size_t columns_of(std::string_view text);

}  // namespace rookery::admin

#endif
