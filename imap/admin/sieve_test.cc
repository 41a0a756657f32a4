// sieve-test: checks a Sieve script, or tells what it would do with a message.
//
// Nothing is done, and nothing of the server is asked: mailboxes are there if -m names them, the
// envelope is what the options say, the clock is that of the machine. Included scripts are files
// beside the script (:personal) or in the folder of -g (:global).
#include <unistd.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "imap/admin/tool.h"
#include "imap/sieve/compile.h"
#include "imap/sieve/extension_table.h"
#include "imap/sieve/run.h"
#include "lib/base/clock.h"
#include "lib/base/command_line.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/base/strings.h"

namespace {

using namespace rookery;

constexpr Option kOptions[] = {
    {'f', "from", "sender", "the envelope's sender"},
    {'r', "to", "recipient", "the envelope's recipient"},
    {'m', "mailbox", "mailbox", "a mailbox that is there; as often as needed"},
    {'g', "global", "folder", "where global scripts are"},
    {'l', "list", "", "tell the extensions that are known, and end"},
};
constexpr Program kProgram = {"sieve-test",
                              "says what a Sieve script does with a message",
                              kOptions,
                              "[script [message]]",
                              0,
                              2};

constexpr size_t kMaxMessage = size_t{256} << 20;

struct Arguments {
    std::string script;
    std::optional<std::string> message;
    std::optional<std::string> from;
    std::optional<std::string> to;
    std::optional<std::string> global;
    std::set<std::string> mailboxes{"INBOX"};
};

Arguments parse(int argc, char** argv)
{
    const CommandLine line(kProgram, argc, argv);
    if (line.has("l")) {
        admin::print(cat(sieve::announced_capabilities(), "\n"));
        ::_exit(0);
    }
    if (line.operands().empty()) line.refuse("a script is missing");
    Arguments a;
    a.from = line.given("f");
    a.to = line.given("r");
    a.global = line.given("g");
    for (std::string& mailbox : line.values("m")) a.mailboxes.insert(std::move(mailbox));
    a.script = line.operands().front();
    if (line.operands().size() > 1) a.message = line.operands().back();
    return a;
}

class ToolEnvironment : public sieve::Environment {
 public:
    ToolEnvironment(const Arguments& arguments, std::string message)
        : arguments_(arguments), message_(std::move(message)), now_(wall_seconds())
    {
    }

    std::string_view message() override { return message_; }
    std::optional<std::string> envelope(std::string_view part) override
    {
        if (part == "from") return arguments_.from;
        if (part == "to") return arguments_.to;
        return std::nullopt;
    }
    text::DateTime now() override { return {now_, text::local_zone_minutes(now_)}; }
    Result<bool> mailbox_exists(const std::string& name) override
    {
        return arguments_.mailboxes.count(name) != 0;
    }
    Result<const sieve::Program*> script(sieve::Location location, const std::string& name) override
    {
        std::string folder = directory_of(arguments_.script);
        if (location == sieve::Location::global) {
            if (!arguments_.global) return Error{Code::not_found, "-g names no folder"};
            folder = *arguments_.global;
        }
        const std::string path = cat(folder, '/', name, ".sieve");
        auto& kept = scripts_[path];
        if (kept == nullptr) {
            TRY_ASSIGN(std::string text, read_file(path, sieve::Limits().script_size));
            auto compiled = sieve::compile(text);
            if (!compiled.program)
                return Error{Code::syntax, cat(path, ":", compiled.errors[0].to_string())};
            kept = std::move(compiled.program);
        }
        return kept.get();
    }

 private:
    const Arguments& arguments_;
    std::string message_;
    int64_t now_;
    std::map<std::string, std::unique_ptr<const sieve::Program>> scripts_;
};

int fail(const Error& error)
{
    admin::complain(cat("sieve-test: ", error.text, "\n"));
    return log::kExDataErr;
}

}  // namespace

int main(int argc, char** argv)
{
    install_panic_handlers();
    const Arguments a = parse(argc, argv);
    auto text = read_file(a.script, sieve::Limits().script_size);
    if (!text) return fail(text.error());
    const auto compiled = sieve::compile(*text);
    for (const auto& error : compiled.errors)
        admin::print(cat(a.script, ":", error.to_string(), "\n"));
    if (!compiled.program) return 1;
    if (!a.message) {
        admin::print("ok\n");
        return 0;
    }
    auto message = read_file(*a.message, kMaxMessage);
    if (!message) return fail(message.error());
    ToolEnvironment environment(a, *std::move(message));
    const auto actions = sieve::run(*compiled.program, environment);
    if (!actions) {
        admin::print(cat(a.script, ": ", actions.error().text, "\nkeep\n"));
        return 1;
    }
    admin::print(sieve::to_text(*actions));
    return 0;
}
