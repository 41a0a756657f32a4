// RFC 5703: foreverypart and break, the :mime tags, extracttext.
#include "imap/sieve/ext/rows.h"
#include "imap/sieve/interpreter.h"
#include "imap/sieve/text_modifiers.h"
#include "lib/base/strings.h"
#include "lib/text/charset.h"
#include "lib/text/transfer_encoding.h"

namespace rookery::sieve::ext {
namespace {

void collect(const text::Part& part, std::vector<const text::Part*>& out)
{
    out.push_back(&part);
    for (const auto& child : part.children) collect(child, out);
}

// Goes over the parts within the part at hand, each before those that are in it (3).
Result<Flow> run_foreverypart(Interpreter& in, const Node& node)
{
    std::vector<const text::Part*> parts;
    const text::Part* const outer = in.part();
    if (outer == nullptr)
        collect(in.message().structure().root, parts);
    else
        for (const auto& child : outer->children) collect(child, parts);
    const Value* name = node.tag("name");
    Flow flow = Flow::next;
    for (const auto* part : parts) {
        TRY(in.charge());
        in.set_part(part);
        TRY_ASSIGN(flow, in.block(node.block));
        if (flow != Flow::next) break;
    }
    in.set_part(outer);
    const std::string& wanted = in.loop_to_leave();
    const bool is_meant = wanted.empty() || (name != nullptr && name->strings[0] == wanted);
    return flow == Flow::leave_loop && is_meant ? Flow::next : flow;
}

Result<Flow> run_break(Interpreter& in, const Node& node)
{
    const Value* name = node.tag("name");
    in.leave_loop(name != nullptr ? name->strings[0] : "");
    return Flow::leave_loop;
}

Result<Flow> run_extracttext(Interpreter& in, const Node& node)
{
    std::string text;
    if (const text::Part* part = in.part(); part != nullptr && part->is_text()) {
        std::string bytes;
        text::TransferDecoder decoder(part->encoding);
        const size_t max = in.limits().variable_size * 4;
        decoder.feed(part->body(in.message().bytes()).substr(0, max), bytes);
        decoder.finish(bytes);
        text = text::to_utf8(part->param("CHARSET").value_or("us-ascii"), bytes);
    }
    if (const Value* first = node.tag("first")) {
        // Characters, not bytes.
        size_t end = 0;
        for (uint64_t n = 0; n < first->number && end < text.size(); ++n) {
            ++end;
            while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
                ++end;
        }
        text.resize(end);
    }
    TRY(in.set_variable(node.arguments[0].strings[0], modified(node, std::move(text))));
    return Flow::next;
}

Status check_extracttext(const Node& node, const Program& program)
{
    if (!program.has_variables)
        return Error{Code::syntax, "'extracttext' needs require \"variables\""};
    TRY_ASSIGN(VariableName parsed, parse_variable_name(node.arguments[0].strings[0]));
    if (parsed.kind == VariableName::Kind::match)
        return Error{Code::syntax, "a match variable cannot be set"};
    return success();
}

constexpr Kind kString[] = {Kind::string};
constexpr Tag kName[] = {{"name", Kind::string}};
constexpr Tag kFirst[] = {{"first", Kind::number}};
constexpr Command kLoops[] = {
    {.name = "break", .tags = kName, .role = Role::leave_loop, .run = run_break},
    {.name = "foreverypart",
     .tags = kName,
     .takes = takes_block,
     .role = Role::loop,
     .run = run_foreverypart},
};
constexpr Command kExtract[] = {
    {.name = "extracttext",
     .arguments = kString,
     .tags = kFirst,
     .role = Role::in_loop,
     .check = check_extracttext,
     .run = run_extracttext},
};

constexpr std::string_view kTests[] = {"address", "exists", "header"};
constexpr std::string_view kHeader[] = {"header"};
constexpr AddedTag kTags[] = {
    {kTests, {"mime"}},
    {kTests, {.name = "anychild", .needs = "mime"}},
    {kHeader, {"contenttype", Kind::none, "MIME option", false, "mime"}},
    {kHeader, {"param", Kind::strings, "MIME option", false, "mime"}},
    {kHeader, {"subtype", Kind::none, "MIME option", false, "mime"}},
    {kHeader, {"type", Kind::none, "MIME option", false, "mime"}},
};

}  // namespace

const Extension extracttext{.commands = kExtract};
const Extension foreverypart{.commands = kLoops};
const Extension mime{.tags = kTags};

}  // namespace rookery::sieve::ext
