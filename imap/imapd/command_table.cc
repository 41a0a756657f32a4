// The table of IMAP commands.
#include "imap/imapd/command_table.h"

#include <algorithm>
#include <array>

namespace rookery::imapd {
namespace {

using namespace std::string_view_literals;
namespace c = commands;

constexpr unsigned kNot = static_cast<unsigned>(State::not_authenticated);
constexpr unsigned kAuth = static_cast<unsigned>(State::authenticated);
constexpr unsigned kSel = static_cast<unsigned>(State::selected);
constexpr unsigned kIn = kAuth | kSel;
constexpr unsigned kAny = kNot | kIn;

constexpr CommandSpec row(std::string_view name, unsigned states, Route route, Run run, Relay relay,
                          const CommandTraits& traits = {})
{
    return {name, states, route, run, relay, traits};
}

// In the order of the names.
constexpr std::array kTable = {
    row("APPEND", kIn, Route::by_mailbox, c::append, c::relay_append,
        {.referral = Referral::always, .puts = true}),
    row("AUTHENTICATE", kNot, Route::here, c::authenticate, nullptr, {.capability = "AUTH="}),
    row("CANCELUPDATE", kSel, Route::by_selection, c::cancelupdate, c::relay_cancelupdate,
        {.capability = "CONTEXT=SEARCH", .only_reads = true}),
    row("CAPABILITY", kAny, Route::here, c::capability, nullptr),
    row("CHECK", kSel, Route::by_selection, c::check, c::relay_verbatim),
    row("CLOSE", kSel, Route::by_selection, c::close, c::relay_close,
        {.variant = Variant::removes}),
    row("COMPRESS", kIn, Route::here, c::compress, nullptr, {.capability = "COMPRESS=DEFLATE"}),
    row("COPY", kSel, Route::by_selection, c::copy, c::relay_copy, {.numbers = Numbers::taken}),
    row("CREATE", kIn, Route::by_new_name, c::create, c::relay_create,
        {.referral = Referral::admins_without_more, .more = 2, .changes_names = true}),
    row("DELETE", kIn, Route::by_mailbox, c::delete_, c::relay_delete,
        {.referral = Referral::always, .more = 0, .changes_names = true}),
    row("DELETEACL", kIn, Route::by_mailbox, c::setacl, c::relay_namespace_change,
        {.capability = "ACL",
         .variant = Variant::removes,
         .referral = Referral::admins,
         .more = 1,
         .changes_names = true}),
    row("ENABLE", kIn, Route::here, c::enable, nullptr, {.capability = "ENABLE"}),
    row("ESEARCH", kIn, Route::here, c::esearch, nullptr,
        {.capability = "MULTISEARCH", .only_reads = true, .response = "ESEARCH"}),
    row("EXAMINE", kIn, Route::to_select, c::select, c::relay_select,
        {.variant = Variant::read_only, .referral = Referral::always}),
    row("EXPUNGE", kSel, Route::by_selection, c::expunge, c::relay_verbatim),
    row("FETCH", kSel, Route::by_selection, c::fetch, c::relay_verbatim,
        {.numbers = Numbers::held, .only_reads = true, .response = "FETCH"}),
    row("GETACL", kIn, Route::by_mailbox, c::getacl, c::relay_verbatim,
        {.capability = "ACL", .more = 0}),
    row("GETANNOTATION", kIn, Route::by_mailbox_or_server, c::getmetadata, c::relay_getmetadata,
        {.more = 1, .options_first = true}),
    row("GETMETADATA", kIn, Route::by_mailbox_or_server, c::getmetadata, c::relay_getmetadata,
        {.capability = "METADATA", .more = 1, .options_first = true}),
    row("GETQUOTA", kIn, Route::by_tree, c::getquota, c::relay_verbatim,
        {.capability = "QUOTA", .more = 0}),
    row("GETQUOTAROOT", kIn, Route::by_mailbox, c::getquotaroot, c::relay_getquotaroot,
        {.capability = "QUOTA", .more = 0}),
    row("ID", kAny, Route::here, c::id, nullptr, {.capability = "ID"}),
    row("IDLE", kIn, Route::by_selection, c::idle, c::relay_idle,
        {.capability = "IDLE", .only_reads = true, .waits = true}),
    row("LIST", kIn, Route::here, c::list, nullptr, {.response = "LIST"}),
    row("LISTRIGHTS", kIn, Route::by_mailbox, c::listrights, c::relay_verbatim,
        {.capability = "ACL", .more = 1}),
    row("LOCALAPPEND", kIn, Route::by_mailbox, c::localappend, nullptr, {.puts = true}),
    row("LOCALCREATE", kIn, Route::by_new_name, c::localcreate, nullptr,
        {.more = 2, .for_nodes = true}),
    row("LOCALDELETE", kIn, Route::by_mailbox, c::localdelete, nullptr,
        {.more = 0, .for_nodes = true}),
    row("LOGIN", kNot, Route::here, c::login, nullptr),
    row("LOGOUT", kAny, Route::here, c::logout, nullptr),
    row("LSUB", kIn, Route::by_inbox, c::lsub, c::relay_lsub, {.more = 2}),
    row("MOVE", kSel, Route::by_selection, c::copy, c::relay_copy,
        {.capability = "MOVE", .variant = Variant::moves, .numbers = Numbers::taken}),
    row("MUPDATEPUSH", kIn, Route::by_new_name, c::mupdatepush, nullptr,
        {.more = 0, .for_nodes = true}),
    row("MYRIGHTS", kIn, Route::by_mailbox, c::myrights, c::relay_verbatim,
        {.capability = "ACL", .more = 0}),
    row("NAMESPACE", kIn, Route::here, c::namespace_, nullptr, {.capability = "NAMESPACE"}),
    row("NOOP", kAny, Route::here, c::noop, nullptr, {.polls = true, .only_reads = true}),
    row("NOTIFY", kIn, Route::here, c::notify, nullptr, {.capability = "NOTIFY"}),
    row("RENAME", kIn, Route::by_mailbox, c::rename, c::relay_rename,
        {.more = 2, .changes_names = true}),
    row("REPLACE", kSel, Route::by_selection, c::replace, c::relay_replace,
        {.capability = "REPLACE", .numbers = Numbers::taken}),
    row("RLIST", kIn, Route::here, c::rlist, nullptr,
        {.capability = "MAILBOX-REFERRALS", .response = "LIST"}),
    row("RLSUB", kIn, Route::by_inbox, c::rlsub, c::relay_rlsub,
        {.capability = "MAILBOX-REFERRALS", .more = 2}),
    row("SEARCH", kSel, Route::by_selection, c::search, c::relay_plain_search,
        {.numbers = Numbers::held, .only_reads = true, .response = "SEARCH"}),
    row("SELECT", kIn, Route::to_select, c::select, c::relay_select,
        {.referral = Referral::always}),
    row("SETACL", kIn, Route::by_mailbox, c::setacl, c::relay_namespace_change,
        {.capability = "ACL",
         .variant = Variant::adds,
         .referral = Referral::admins,
         .more = 2,
         .changes_names = true}),
    row("SETMETADATA", kIn, Route::by_mailbox_or_server, c::setmetadata, c::relay_setmetadata,
        {.capability = "METADATA", .more = 1}),
    row("SETQUOTA", kIn, Route::by_tree, c::setquota, c::relay_setquota,
        {.capability = "QUOTASET", .more = 1, .changes_names = true}),
    row("SORT", kSel, Route::by_selection, c::sort, c::relay_search,
        {.capability = "SORT", .numbers = Numbers::held, .only_reads = true, .response = "SORT"}),
    row("STARTTLS", kNot, Route::here, c::starttls, nullptr, {.capability = "STARTTLS"}),
    row("STATUS", kIn, Route::by_mailbox, c::status, c::relay_verbatim,
        {.referral = Referral::as_configured, .more = 1}),
    row("STORE", kSel, Route::by_selection, c::store, c::relay_verbatim,
        {.numbers = Numbers::held}),
    row("SUBSCRIBE", kIn, Route::by_inbox, c::subscribe, c::relay_subscribe,
        {.variant = Variant::adds, .more = 1}),
    row("SYNCAPPLY", kIn, Route::here, c::syncapply, nullptr, {.capability = "X-ROOKERY-SYNC"}),
    row("SYNCGET", kIn, Route::here, c::syncget, nullptr, {.capability = "X-ROOKERY-SYNC"}),
    row("SYNCRESTART", kIn, Route::here, c::syncrestart, nullptr, {.capability = "X-ROOKERY-SYNC"}),
    row("THREAD", kSel, Route::by_selection, c::thread, c::relay_search,
        {.capability = "THREAD=REFERENCES",
         .numbers = Numbers::held,
         .only_reads = true,
         .response = "THREAD"}),
    row("UID COPY", kSel, Route::by_selection, c::copy, c::relay_copy, {.numbers = Numbers::uids}),
    row("UID EXPUNGE", kSel, Route::by_selection, c::expunge, c::relay_verbatim,
        {.capability = "UIDPLUS", .numbers = Numbers::uids}),
    row("UID FETCH", kSel, Route::by_selection, c::fetch, c::relay_verbatim,
        {.numbers = Numbers::uids, .only_reads = true, .response = "FETCH"}),
    row("UID MOVE", kSel, Route::by_selection, c::copy, c::relay_copy,
        {.capability = "MOVE", .variant = Variant::moves, .numbers = Numbers::uids}),
    row("UID REPLACE", kSel, Route::by_selection, c::replace, c::relay_replace,
        {.capability = "REPLACE", .numbers = Numbers::uids}),
    row("UID SEARCH", kSel, Route::by_selection, c::search, c::relay_plain_search,
        {.numbers = Numbers::uids, .only_reads = true, .response = "SEARCH"}),
    row("UID SORT", kSel, Route::by_selection, c::sort, c::relay_search,
        {.capability = "SORT", .numbers = Numbers::uids, .only_reads = true, .response = "SORT"}),
    row("UID STORE", kSel, Route::by_selection, c::store, c::relay_verbatim,
        {.numbers = Numbers::uids}),
    row("UID THREAD", kSel, Route::by_selection, c::thread, c::relay_search,
        {.capability = "THREAD=REFERENCES",
         .numbers = Numbers::uids,
         .only_reads = true,
         .response = "THREAD"}),
    row("UNAUTHENTICATE", kIn, Route::here, c::unauthenticate, nullptr,
        {.capability = "UNAUTHENTICATE"}),
    row("UNSELECT", kSel, Route::by_selection, c::close, c::relay_close,
        {.capability = "UNSELECT"}),
    row("UNSUBSCRIBE", kIn, Route::by_inbox, c::subscribe, c::relay_subscribe,
        {.variant = Variant::removes, .more = 1}),
    row("XFER", kIn, Route::here, c::xfer, nullptr),
    row("XLIST", kIn, Route::here, c::list, nullptr,
        {.capability = "XLIST", .variant = Variant::adds, .response = "XLIST"}),
};

constexpr bool is_sorted_and_unique()
{
    for (size_t i = 1; i < kTable.size(); i++)
        if (!(kTable[i - 1].name < kTable[i].name)) return false;
    return true;
}
static_assert(is_sorted_and_unique());

}  // namespace

std::span<const CommandSpec> command_table()
{
    return kTable;
}

const CommandSpec* find_command(std::string_view upper_case_name)
{
    size_t low = 0;
    size_t high = kTable.size();
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (kTable[mid].name < upper_case_name)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == kTable.size() || kTable[low].name != upper_case_name) return nullptr;
    return &kTable[low];
}

bool is_first_word(std::string_view upper_case_word)
{
    return std::any_of(kTable.begin(), kTable.end(), [&](const CommandSpec& spec) {
        const std::string_view name = spec.name;
        return name.starts_with(upper_case_word) && name.size() > upper_case_word.size() &&
               name[upper_case_word.size()] == ' ';
    });
}

}  // namespace rookery::imapd
