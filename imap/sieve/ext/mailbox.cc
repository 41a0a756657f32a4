// What is asked of mailboxes: RFC 5490 (mailbox, mboxmetadata, servermetadata), RFC 8579
// (special-use), RFC 9042 (mailboxid), and :fcc (RFC 8580), which names one.
#include "imap/sieve/ext/rows.h"
#include "imap/sieve/interpreter.h"

namespace rookery::sieve::ext {
namespace {

Result<bool> test_mailboxexists(Interpreter& in, const Node& node)
{
    for (const auto& name : in.texts(node.arguments[0])) {
        TRY(in.charge());
        TRY_ASSIGN(bool there, in.environment().mailbox_exists(name));
        if (!there) return false;
    }
    return true;
}

Result<bool> test_mailboxidexists(Interpreter& in, const Node& node)
{
    for (const auto& id : in.texts(node.arguments[0])) {
        TRY(in.charge());
        TRY_ASSIGN(bool there, in.environment().mailboxid_exists(id));
        if (!there) return false;
    }
    return true;
}

Result<bool> compare_annotation(Interpreter& in, const Node& node, const std::string* mailbox,
                                const std::string& name)
{
    TRY_ASSIGN(auto value, in.environment().metadata(mailbox, name));
    std::vector<std::string> values;
    if (value) values.push_back(*std::move(value));
    return in.compare(node, values, in.texts(node.arguments.back()));
}

Result<bool> annotations_exist(Interpreter& in, const Node& node, const std::string* mailbox)
{
    for (const auto& name : in.texts(node.arguments.back())) {
        TRY(in.charge());
        TRY_ASSIGN(auto value, in.environment().metadata(mailbox, name));
        if (!value) return false;
    }
    return true;
}

Result<bool> test_metadata(Interpreter& in, const Node& node)
{
    const std::string mailbox = in.text(node.arguments[0]);
    return compare_annotation(in, node, &mailbox, in.text(node.arguments[1]));
}

Result<bool> test_metadataexists(Interpreter& in, const Node& node)
{
    const std::string mailbox = in.text(node.arguments[0]);
    return annotations_exist(in, node, &mailbox);
}

Result<bool> test_servermetadata(Interpreter& in, const Node& node)
{
    return compare_annotation(in, node, nullptr, in.text(node.arguments[0]));
}

Result<bool> test_servermetadataexists(Interpreter& in, const Node& node)
{
    return annotations_exist(in, node, nullptr);
}

Result<bool> test_specialuse_exists(Interpreter& in, const Node& node)
{
    const auto attributes = in.texts(node.arguments.back());
    if (node.arguments.size() == 1) return in.environment().special_use_exists(nullptr, attributes);
    const std::string mailbox = in.text(node.arguments[0]);
    return in.environment().special_use_exists(&mailbox, attributes);
}

constexpr Kind kStrings[] = {Kind::strings};
constexpr Kind kMailboxAndStrings[] = {Kind::string, Kind::strings};
constexpr Kind kMetadata[] = {Kind::string, Kind::string, Kind::strings};

constexpr Command kMailbox[] = {
    {.name = "mailboxexists", .arguments = kStrings, .test = test_mailboxexists},
};
constexpr Command kMboxMetadata[] = {
    {.name = "metadata", .arguments = kMetadata, .takes = takes_match, .test = test_metadata},
    {.name = "metadataexists", .arguments = kMailboxAndStrings, .test = test_metadataexists},
};
constexpr Command kServerMetadata[] = {
    {.name = "servermetadata",
     .arguments = kMailboxAndStrings,
     .takes = takes_match,
     .test = test_servermetadata},
    {.name = "servermetadataexists", .arguments = kStrings, .test = test_servermetadataexists},
};
constexpr Command kSpecialUse[] = {
    {.name = "specialuse_exists",
     .arguments = kMailboxAndStrings,
     .takes = first_is_optional,
     .test = test_specialuse_exists},
};
constexpr Command kMailboxId[] = {
    {.name = "mailboxidexists", .arguments = kStrings, .test = test_mailboxidexists},
};

// Each for fileinto, and for the actions that write a message where they have :fcc (RFC 8580 3.1).
constexpr std::string_view kFileInto[] = {"fileinto"};
constexpr std::string_view kWriting[] = {"notify", "vacation"};
constexpr AddedTag kCreate[] = {
    {kFileInto, {"create"}},
    {kWriting, {.name = "create", .needs = "fcc"}},
};
constexpr AddedTag kUse[] = {
    {kFileInto, {"specialuse", Kind::string, "one of :specialuse and :mailboxid"}},
    {kWriting, {"specialuse", Kind::string, "one of :specialuse and :mailboxid", false, "fcc"}},
};
constexpr AddedTag kId[] = {
    {kFileInto, {"mailboxid", Kind::string, "one of :specialuse and :mailboxid"}},
    {kWriting, {"mailboxid", Kind::string, "one of :specialuse and :mailboxid", false, "fcc"}},
};
constexpr AddedTag kFcc[] = {{kWriting, {"fcc", Kind::string}}};

}  // namespace

const Extension fcc{.tags = kFcc};
const Extension mailbox{.tests = kMailbox, .tags = kCreate};
const Extension mailboxid{.tests = kMailboxId, .tags = kId};
const Extension mboxmetadata{.tests = kMboxMetadata};
const Extension servermetadata{.tests = kServerMetadata};
const Extension special_use{.tests = kSpecialUse, .tags = kUse};

}  // namespace rookery::sieve::ext
