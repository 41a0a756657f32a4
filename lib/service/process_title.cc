// A title in the place of arguments and environment.
#include "config.h"

#include "lib/service/process_title.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lib/base/strings.h"

// POSIX asks programs to declare it.
extern char** environ;

namespace rookery::service::process_title {
namespace {

constexpr size_t kLongest = 256;

// The bytes that the title may use, and how many of them it used last.
struct Area {
    char* begin = nullptr;
    size_t size = 0;
    size_t used = 0;
};

Area area;
std::string program;
char** arguments = nullptr;

// Copies that are never freed: the process uses them to its end.
char** copy_all(char** strings)
{
    size_t n = 0;
    while (strings[n] != nullptr) n++;
    auto** copy = static_cast<char**>(::calloc(n + 1, sizeof(char*)));
    for (size_t i = 0; copy != nullptr && i < n; i++) {
        copy[i] = ::strdup(strings[i]);
        if (copy[i] == nullptr) return nullptr;
    }
    return copy;
}

// Behind the last of the strings that follow end without a gap.
char* contiguous_end(char* end, char** strings, bool& whole)
{
    for (; *strings != nullptr && *strings == end; strings++) end += ::strlen(end) + 1;
    whole = *strings == nullptr;
    return end;
}

[[maybe_unused]] void write_over(std::string_view title)
{
    if (area.size == 0) return;
    size_t length = std::min(title.size(), area.size - 1);
    ::memcpy(area.begin, title.data(), length);
    if (area.used > length) ::memset(area.begin + length, 0, area.used - length);
    area.used = length;
}

}  // namespace

char** init(int argc, char** argv)
{
    if (argc < 1 || argv[0] == nullptr || area.begin != nullptr) return argv;
    program = argv[0];
    program = program.substr(program.rfind('/') + 1);
    bool whole = false;
    char* arguments_end = contiguous_end(argv[0], argv, whole);
    if (!whole) return argv;
    char* end = contiguous_end(arguments_end, environ, whole);
    arguments = copy_all(argv);
    char** environment = copy_all(environ);
    if (arguments == nullptr || environment == nullptr) return argv;
    environ = environment;
    // Of the environment no more than a title needs; the arguments must go as a whole.
    auto needed = static_cast<size_t>(arguments_end - argv[0]);
    area.begin = argv[0];
    area.size = std::max(needed, std::min(static_cast<size_t>(end - argv[0]), kLongest));
    area.used = area.size;
    return arguments;
}

void set(std::string_view text)
{
    std::string title(text);
    std::replace_if(
        title.begin(), title.end(),
        [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }, '?');
#if defined(HAVE_SETPROCTITLE_FAST)
    ::setproctitle_fast("%s", title.c_str());
#elif defined(HAVE_SETPROCTITLE)
    ::setproctitle("%s", title.c_str());
#else
    write_over(cat(program, ": ", title));
#endif
}

}  // namespace rookery::service::process_title
