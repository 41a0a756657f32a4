// Runs every suite that was linked in.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

void assert_equal(const std::string& got, const std::string& want, const char* file, int line)
{
    if (got == want) return;
    ck_abort_msg("%s:%d: got \"%s\", wanted \"%s\"", file, line, got.c_str(), want.c_str());
}

}  // namespace rookery::test

int main()
{
    rookery::install_panic_handlers();
    ::setenv("CK_DEFAULT_TIMEOUT", "60", 0);  // Check's own 4 s say how busy the machine is
    SRunner* runner = nullptr;
    for (auto* r = rookery::test::Registered::first; r != nullptr; r = r->next) {
        if (runner == nullptr)
            runner = srunner_create(r->make());
        else
            srunner_add_suite(runner, r->make());
    }
    if (runner == nullptr) return 77;
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
