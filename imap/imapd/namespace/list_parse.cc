#include "imap/imapd/namespace/list_parse.h"

#include "imap/mboxlist/list_walker.h"
#include "lib/base/strings.h"

namespace rookery::imapd {
namespace {

// The rest of "(" [option *(SP option)] ")", "(" taken; one reads what follows an option's name.
template <class One>
Status option_list(CommandReader& reader, One one)
{
    TRY_ASSIGN(bool end, reader.accept(')'));
    while (!end) {
        TRY_ASSIGN(const std::string name, reader.attribute());
        TRY(one(name));
        TRY_ASSIGN(end, reader.accept(')'));
        if (!end) TRY(reader.space());
    }
    return success();
}

Status selection_option(ListRequest& request, const std::string& name)
{
    if (name == "SUBSCRIBED")
        request.select_subscribed = true;
    else if (name == "SPECIAL-USE")
        request.select_special_use = true;
    else if (name == "RECURSIVEMATCH")
        request.recursive_match = true;
    else if (name == "REMOTE")
        request.remote = true;
    else
        return Error{Code::syntax, cat("Unknown LIST selection option ", name)};
    return success();
}

Status return_option(CommandReader& reader, ListRequest& request, const std::string& name)
{
    if (name == "SUBSCRIBED") {
        request.return_subscribed = true;
    } else if (name == "CHILDREN") {
        request.return_children = true;
    } else if (name == "SPECIAL-USE") {
        request.return_special_use = true;
    } else if (name == "MYRIGHTS") {
        request.return_myrights = true;
    } else if (name == "STATUS") {
        TRY(reader.space());
        TRY_ASSIGN(request.return_status, parse_status_items(reader));
    } else if (name == "METADATA") {
        TRY(reader.space());
        TRY(reader.expect('('));
        request.return_metadata.emplace();
        TRY_ASSIGN(request.return_metadata->entries, rest_of_entries(reader));
    } else {
        return Error{Code::syntax, cat("Unknown LIST return option ", name)};
    }
    return success();
}

// list-mailbox / "(" list-mailbox *(SP list-mailbox) ")"
Status patterns(CommandReader& reader, ListRequest& request)
{
    TRY_ASSIGN(const bool several, reader.accept('('));
    request.extended |= several;
    for (;;) {
        TRY_ASSIGN(std::string pattern, reader.list_pattern());
        request.patterns.push_back(std::move(pattern));
        if (request.patterns.size() > mboxlist::kMaxListPatterns)
            return Error{Code::limit, "Too many mailbox patterns"};
        if (!several) return success();
        TRY_ASSIGN(const bool end, reader.accept(')'));
        if (end) return success();
        TRY(reader.space());
    }
}

}  // namespace

Result<ListRequest> parse_list(CommandReader& reader)
{
    ListRequest request;
    TRY(reader.space());
    TRY_ASSIGN(const bool options, reader.accept('('));
    if (options) {
        request.extended = true;
        TRY(option_list(reader,
                        [&](const std::string& name) { return selection_option(request, name); }));
        TRY(reader.space());
    }
    TRY_ASSIGN(request.reference, reader.list_pattern());
    TRY(reader.space());
    TRY(patterns(reader, request));
    TRY_ASSIGN(const bool more, reader.accept(' '));
    if (more) {
        request.extended = true;
        TRY_ASSIGN(const std::string word, reader.attribute());
        if (word != "RETURN") return Error{Code::syntax, "Expected RETURN"};
        TRY(reader.space());
        TRY(reader.expect('('));
        TRY(option_list(
            reader, [&](const std::string& name) { return return_option(reader, request, name); }));
    }
    TRY(reader.end_of_line());
    if (request.recursive_match && !request.select_subscribed)
        return Error{Code::syntax, "RECURSIVEMATCH alone selects nothing"};
    return request;
}

}  // namespace rookery::imapd
