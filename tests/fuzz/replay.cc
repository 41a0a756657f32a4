// Runs a fuzz target over the files named, and over what small accidents make of them: each cut
// short at every length, and with each byte changed (files of at most kMaxMutated bytes).
#include <string>

#include "lib/base/fd.h"
#include "lib/base/panic.h"
#include "tests/fuzz/target.h"

namespace {

constexpr size_t kMaxFile = 1u << 20;
constexpr size_t kMaxMutated = 2000;

void run(const std::string& bytes)
{
    // An exact copy, so that a sanitizer sees a read behind the end.
    const std::string exact(bytes);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(exact.data()), exact.size());
}

void run_with_accidents(const std::string& bytes)
{
    run(bytes);
    if (bytes.size() > kMaxMutated) return;
    for (size_t n = 0; n < bytes.size(); n++) {
        run(bytes.substr(0, n));
        std::string changed = bytes;
        for (char c : {'\0', '\n', '"', '(', '\xff', '9'}) {
            changed[n] = c;
            run(changed);
        }
    }
}

}  // namespace

int main(int argc, char** argv)
{
    rookery::install_panic_handlers();
    for (int i = 1; i < argc; i++) {
        const auto bytes = rookery::read_file(argv[i], kMaxFile);
        rookery::fuzz::require(bytes.ok(), argv[i]);
        run_with_accidents(*bytes);
    }
    return 0;
}
