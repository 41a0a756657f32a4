// A Sieve script and a message, one NUL between: compiled and run. Whatever the bytes are, the
// errors have places in the script, and the actions keep to the limits.
#include <string>

#include "imap/sieve/compile.h"
#include "imap/sieve/environment.h"
#include "imap/sieve/run.h"
#include "tests/fuzz/target.h"

using namespace rookery;

namespace {

class World : public sieve::Environment {
 public:
    explicit World(std::string_view message) : message_(message) {}
    std::string_view message() override { return message_; }
    std::optional<std::string> envelope(std::string_view part) override
    {
        return part == "from" ? "alice+x@example.org" : "bob@example.com";
    }
    text::DateTime now() override { return {1104537600, 60}; }
    Result<bool> mailbox_exists(const std::string& name) override { return name.size() % 2 == 0; }
    std::optional<std::string> item(std::string_view name) override { return std::string(name); }
    Result<const sieve::Program*> script(sieve::Location, const std::string& name) override
    {
        if (program != nullptr && name == "self") return program;
        return Error{Code::not_found, "no such script"};
    }
    Result<bool> list_contains(const std::string& list, const std::string& value) override
    {
        return list == value;
    }
    std::optional<unsigned> test_score(std::string_view) override { return 50U; }
    const sieve::Program* program = nullptr;

 private:
    std::string_view message_;
};

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const auto s = fuzz::text_of(data, size);
    const size_t nul = s.find('\0');
    const auto script = s.substr(0, nul);
    const auto message = nul == std::string_view::npos ? std::string_view() : s.substr(nul + 1);
    sieve::Limits limits;
    limits.instructions = 2000;
    const auto compiled = sieve::compile(script, limits);
    fuzz::require((compiled.program == nullptr) == !compiled.errors.empty(), "a program or errors");
    fuzz::require(compiled.errors.size() <= limits.errors, "few errors");
    for (const auto& e : compiled.errors)
        fuzz::require(e.at.line >= 1 && e.at.column >= 1 && e.at.line <= script.size() + 1 &&
                          e.at.column <= script.size() + 1 && !e.text.empty(),
                      "an error has a place");
    if (!compiled.program) return 0;
    World world(message);
    world.program = compiled.program.get();
    const auto actions = sieve::run(*compiled.program, world);
    if (!actions) return 0;
    fuzz::require(actions->list.size() <= limits.actions, "few actions");
    fuzz::require(actions->edits.size() <= limits.edits, "few edits");
    size_t redirects = 0;
    for (const auto& a : actions->list)
        if (const auto* r = std::get_if<sieve::Redirect>(&a.what)) {
            ++redirects;
            fuzz::require(
                r->address.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
                "an address is one line");
        }
    fuzz::require(redirects <= limits.redirects, "few redirects");
    (void)sieve::to_text(*actions);
    return 0;
}
