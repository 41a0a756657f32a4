// RFC 5429: reject and ereject. What they may not be used with the interpreter checks at the end.
#include "imap/sieve/ext/rows.h"
#include "imap/sieve/interpreter.h"

namespace rookery::sieve::ext {
namespace {

Result<Flow> refuse(Interpreter& in, const Node& node, bool at_once)
{
    in.cancel_keep();
    TRY(in.act(Reject{in.text(node.arguments[0]), at_once}));
    return Flow::next;
}

Result<Flow> run_reject(Interpreter& in, const Node& node)
{
    return refuse(in, node, false);
}

Result<Flow> run_ereject(Interpreter& in, const Node& node)
{
    return refuse(in, node, true);
}

constexpr Kind kString[] = {Kind::string};
constexpr Command kReject[] = {{.name = "reject", .arguments = kString, .run = run_reject}};
constexpr Command kEreject[] = {{.name = "ereject", .arguments = kString, .run = run_ereject}};

}  // namespace

const Extension ereject{.commands = kEreject};
const Extension reject{.commands = kReject};

}  // namespace rookery::sieve::ext
