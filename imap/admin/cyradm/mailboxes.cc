// The commands that make, list, move and remove mailboxes.
#include <algorithm>

#include "imap/admin/cyradm/shell.h"
#include "imap/admin/tool.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::cyradm {
namespace {

// The partition of --partition, or of the argument at that place.
std::string partition_of(const Call& call, size_t place)
{
    if (auto given = call.value("partition")) return *given;
    return call.arguments.size() > place ? call.arguments[place] : std::string();
}

// An atom: in server!partition nothing may be quoted, as Cyrus reads it.
std::string partition_argument(const std::string& partition)
{
    const bool is_atom = std::all_of(partition.begin(), partition.end(), text::is_atom_char);
    return is_atom ? partition : string_argument(partition);
}

}  // namespace

Status create_mailbox(Call& call)
{
    std::string command = cat("CREATE ", mailbox_argument(call.arguments[0]));
    const std::string partition = partition_of(call, 1);
    const auto use = call.value("specialuse");
    if (use && !partition.empty())
        cat_to(command, " (USE (", *use, ") PARTITION ", partition_argument(partition), ')');
    else if (use)
        cat_to(command, " (USE (", *use, "))");
    else if (!partition.empty())
        cat_to(command, ' ', partition_argument(partition));
    return plain(call, command);
}

Status delete_mailbox(Call& call)
{
    return for_each(call, "Deleting mailbox", [&](const std::string& name) {
        return plain(call, cat("DELETE ", mailbox_argument(name)));
    });
}

Status rename_mailbox(Call& call)
{
    std::string command = cat("RENAME ", mailbox_argument(call.arguments[0]), ' ',
                              mailbox_argument(call.arguments[1]));
    const std::string partition = partition_of(call, 2);
    if (!partition.empty()) cat_to(command, ' ', partition_argument(partition));
    return plain(call, command);
}

Status transfer_mailbox(Call& call)
{
    std::string command =
        cat("XFER ", mailbox_argument(call.arguments[0]), ' ', string_argument(call.arguments[1]));
    const std::string partition = partition_of(call, 2);
    if (!partition.empty()) cat_to(command, ' ', string_argument(partition));
    return plain(call, command);
}

Status list_mailboxes(Call& call)
{
    const std::string pattern = call.arguments.empty() ? "*" : call.arguments[0];
    const std::string base = call.arguments.size() > 1 ? call.arguments[1] : std::string();
    const std::string names = cat(mailbox_argument(base), ' ', mailbox_argument(pattern));
    const bool subscribed = call.has("subscribed");
    std::string command = cat(subscribed ? "LSUB " : "LIST ", names);
    if (call.has("specialuse")) {
        if (!call.client().has("SPECIAL-USE"))
            return Error{Code::unsupported, "the server has no special use"};
        command = cat(subscribed ? "LIST (SUBSCRIBED SPECIAL-USE) " : "LIST (SPECIAL-USE) ", names);
    }
    TRY_ASSIGN(const auto found, list(call.client(), command));
    std::vector<std::string> cells;
    for (const Listed& one : found)
        cells.push_back(subscribed || one.flags.empty() ? one.name
                                                        : cat(one.name, " (", one.flags, ')'));
    print_columns(cells);
    return success();
}

Status reconstruct(Call& call)
{
    return plain(call, cat("RECONSTRUCT ", mailbox_argument(call.arguments[0]),
                           call.has("r") ? " RECURSIVE" : ""));
}

Status subscribe(Call& call)
{
    return plain(call, cat("SUBSCRIBE ", mailbox_argument(call.arguments[0])));
}

Status unsubscribe(Call& call)
{
    return plain(call, cat("UNSUBSCRIBE ", mailbox_argument(call.arguments[0])));
}

}  // namespace rookery::cyradm
