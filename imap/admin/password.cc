#include "imap/admin/password.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/fd.h"

namespace rookery::admin {

std::string read_line(int fd)
{
    std::string line;
    char c = 0;
    while (line.size() <= kMaxPassword && ::read(fd, &c, 1) == 1 && c != '\n') line.push_back(c);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return line;
}

std::string ask_hidden(int fd, int prompt_fd, std::string_view prompt)
{
    termios shown{};
    const bool is_terminal = ::tcgetattr(fd, &shown) == 0;
    termios hidden = shown;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (!write_all(prompt_fd, prompt)) return {};
    if (is_terminal) ::tcsetattr(fd, TCSAFLUSH, &hidden);
    std::string line = read_line(fd);
    if (is_terminal) ::tcsetattr(fd, TCSAFLUSH, &shown);
    if (!write_all(prompt_fd, "\n")) return {};
    return line;
}

std::string ask_password(std::string_view prompt)
{
    const auto terminal = open_file("/dev/tty", O_RDWR | O_NOCTTY);
    if (terminal) return ask_hidden(terminal->get(), terminal->get(), prompt);
    return ask_hidden(STDIN_FILENO, STDERR_FILENO, prompt);
}

}  // namespace rookery::admin
