// Runs every suite that was linked in.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>

#include "lib/base/fd.h"
#include "lib/base/panic.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace rookery::test {

Registered* Registered::first = nullptr;

Registered::Registered(Suite* (*m)()) : make(m), next(first)
{
    first = this;
}

TempDir::TempDir() : owner_(::getpid())
{
    const char* base = ::getenv("TMPDIR");
    path_ = cat(base != nullptr ? base : "/tmp", "/rookery-test-XXXXXX");
    if (::mkdtemp(path_.data()) == nullptr) panic("mkdtemp");
}

TempDir::~TempDir()
{
    if (::getpid() != owner_) return;
    std::string command = cat("rm -rf '", path_, "'");
    if (::system(command.c_str()) != 0) ::unlink(path_.c_str());
}

std::string difference(const std::string& got, const std::string& want)
{
    return got == want ? std::string() : cat("got \"", got, "\", wanted \"", want, '"');
}

}  // namespace rookery::test

namespace {

using rookery::cat;

// The suites run with their standard output at standard error, so that nothing that a test or its
// children print, or leave running, can disturb the results or hold them open.
int keep_output()
{
    int kept = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 100);
    if (kept < 0 || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0) rookery::panic("standard output");
    return kept;
}

// "../tests/unit/x/y_test.cc:all:name: Passed" as "y_test: name". Check's message, the last part,
// may have any number of lines; the log has it too.
std::string name_in(std::string_view text)
{
    auto file = text.substr(0, text.find(':'));
    text.remove_prefix(std::min(text.size(), file.size() + 1));
    text.remove_prefix(std::min(text.size(), text.find(':') + 1));
    file.remove_prefix(file.rfind('/') + 1);
    return cat(file.substr(0, file.find('.')), ": ", text.substr(0, text.find(':')));
}

// Check's TAP, with names only. A line is a result if it has the number that comes next, else it
// belongs to a message. A test that runs several times gets a number each time.
std::string results_in(std::string_view tap)
{
    std::string out;
    std::string last;
    int number = 0;
    int times = 0;
    for (auto line : rookery::split(tap, '\n')) {
        bool good = line.starts_with(cat("ok ", number + 1, " - "));
        bool bad = line.starts_with(cat("not ok ", number + 1, " - "));
        if (!good && !bad) continue;
        std::string name = name_in(line.substr(line.find(" - ") + 3));
        times = name == last ? times + 1 : 1;
        last = name;
        rookery::cat_to(out, good ? "ok " : "not ok ", ++number, " - ", name);
        if (times > 1) rookery::cat_to(out, ", ", times, ".");
        out += '\n';
        if (bad && !rookery::write_all(STDERR_FILENO, cat("# failed ", name, "\n")).ok()) break;
    }
    return cat(out, "1..", number, "\n");
}

}  // namespace

// What Check says of failures goes to standard error, with all else that is printed; the results
// are TAP on standard output, at the end: a program that dies before has no plan, and fails.
int main()
{
    rookery::install_panic_handlers();
    ::setenv("CK_DEFAULT_TIMEOUT", "60", 0);  // Check's own 4 s say how busy the machine is
    int output = keep_output();
    SRunner* runner = nullptr;
    for (auto* r = rookery::test::Registered::first; r != nullptr; r = r->next) {
        if (runner == nullptr)
            runner = srunner_create(r->make());
        else
            srunner_add_suite(runner, r->make());
    }
    if (runner == nullptr) rookery::panic("no suite");
    rookery::test::TempDir folder;
    const std::string path = folder.file("tap");  // Check keeps the pointer
    srunner_set_tap(runner, path.c_str());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    int run = srunner_ntests_run(runner);
    srunner_free(runner);
    auto tap = rookery::read_file(path, 64 << 20);
    if (!tap.ok()) rookery::panic(tap.error().text);
    auto results = results_in(*tap);
    if (!results.ends_with(cat("\n1..", run, "\n"))) rookery::panic("results are missing");
    if (!rookery::write_all(output, results).ok()) return 1;
    return failed == 0 ? 0 : 1;
}
