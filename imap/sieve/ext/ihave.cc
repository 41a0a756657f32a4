// RFC 5463: ihave and error. That a script may use what it asked for compile() sees to.
#include "imap/sieve/ext/rows.h"
#include "imap/sieve/interpreter.h"

namespace rookery::sieve::ext {
namespace {

Status check_ihave(const Node& node, const Program& program)
{
    for (const auto& name : node.arguments[0].strings)
        if (!is_constant(name, program))
            return Error{Code::syntax, "'ihave' expects strings without variables"};
    return success();
}

Result<bool> test_ihave(Interpreter& in, const Node& node)
{
    return in.ask_for(node.arguments[0].strings);
}

Result<Flow> run_error(Interpreter& in, const Node& node)
{
    return Error{Code::syntax, in.text(node.arguments[0])};
}

constexpr Kind kString[] = {Kind::string};
constexpr Kind kStrings[] = {Kind::strings};
constexpr Command kCommands[] = {{.name = "error", .arguments = kString, .run = run_error}};
constexpr Command kTests[] = {
    {.name = "ihave",
     .arguments = kStrings,
     .role = Role::ihave,
     .check = check_ihave,
     .test = test_ihave},
};

}  // namespace

const Extension ihave{.commands = kCommands, .tests = kTests};

}  // namespace rookery::sieve::ext
