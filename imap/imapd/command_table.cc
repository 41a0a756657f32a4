// The table of IMAP commands.
#include "imap/imapd/command_table.h"

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

// In the order of the names.
constexpr std::array kTable = {
    CommandSpec{"APPEND", kIn, Route::by_mailbox, c::append, c::relay_append},
    CommandSpec{"AUTHENTICATE", kNot, Route::here, c::authenticate, nullptr},
    CommandSpec{"CAPABILITY", kAny, Route::here, c::capability, nullptr},
    CommandSpec{"CHECK", kSel, Route::by_selection, c::check, c::relay_verbatim},
    CommandSpec{"CLOSE", kSel, Route::by_selection, c::close, c::relay_close},
    CommandSpec{"COMPRESS", kIn, Route::here, c::compress, nullptr},
    CommandSpec{"COPY", kSel, Route::by_selection, c::copy, c::relay_copy},
    CommandSpec{"CREATE", kIn, Route::by_new_name, c::create, c::relay_create},
    CommandSpec{"DELETE", kIn, Route::by_mailbox, c::delete_, c::relay_namespace_change},
    CommandSpec{"DELETEACL", kIn, Route::by_mailbox, c::setacl, c::relay_namespace_change},
    CommandSpec{"ENABLE", kIn, Route::here, c::enable, nullptr},
    CommandSpec{"EXAMINE", kIn, Route::to_select, c::select, c::relay_select},
    CommandSpec{"EXPUNGE", kSel, Route::by_selection, c::expunge, c::relay_verbatim},
    CommandSpec{"FETCH", kSel, Route::by_selection, c::fetch, c::relay_verbatim, true},
    CommandSpec{"GETACL", kIn, Route::by_mailbox, c::getacl, c::relay_verbatim},
    CommandSpec{"GETANNOTATION", kIn, Route::by_mailbox_or_server, c::getmetadata,
                c::relay_getmetadata},
    CommandSpec{"GETMETADATA", kIn, Route::by_mailbox_or_server, c::getmetadata,
                c::relay_getmetadata},
    CommandSpec{"GETQUOTA", kIn, Route::by_tree, c::getquota, c::relay_verbatim},
    CommandSpec{"GETQUOTAROOT", kIn, Route::by_mailbox, c::getquotaroot, c::relay_verbatim},
    CommandSpec{"ID", kAny, Route::here, c::id, nullptr},
    CommandSpec{"IDLE", kIn, Route::by_selection, c::idle, c::relay_idle},
    CommandSpec{"LIST", kIn, Route::here, c::list, nullptr},
    CommandSpec{"LISTRIGHTS", kIn, Route::by_mailbox, c::listrights, c::relay_verbatim},
    CommandSpec{"LOCALAPPEND", kIn, Route::by_mailbox, c::localappend, nullptr},
    CommandSpec{"LOCALCREATE", kIn, Route::by_new_name, c::localcreate, nullptr, false, true},
    CommandSpec{"LOCALDELETE", kIn, Route::by_mailbox, c::localdelete, nullptr, false, true},
    CommandSpec{"LOGIN", kNot, Route::here, c::login, nullptr},
    CommandSpec{"LOGOUT", kAny, Route::here, c::logout, nullptr},
    CommandSpec{"LSUB", kIn, Route::by_inbox, c::lsub, c::relay_lsub},
    CommandSpec{"MOVE", kSel, Route::by_selection, c::copy, c::relay_copy},
    CommandSpec{"MUPDATEPUSH", kIn, Route::by_new_name, c::mupdatepush, nullptr, false, true},
    CommandSpec{"MYRIGHTS", kIn, Route::by_mailbox, c::myrights, c::relay_verbatim},
    CommandSpec{"NAMESPACE", kIn, Route::here, c::namespace_, nullptr},
    CommandSpec{"NOOP", kAny, Route::here, c::noop, nullptr},
    CommandSpec{"RENAME", kIn, Route::by_mailbox, c::rename, c::relay_rename},
    CommandSpec{"RLIST", kIn, Route::here, c::rlist, nullptr},
    CommandSpec{"RLSUB", kIn, Route::by_inbox, c::rlsub, c::relay_rlsub},
    CommandSpec{"SEARCH", kSel, Route::by_selection, c::search, c::relay_verbatim, true},
    CommandSpec{"SELECT", kIn, Route::to_select, c::select, c::relay_select},
    CommandSpec{"SETACL", kIn, Route::by_mailbox, c::setacl, c::relay_namespace_change},
    CommandSpec{"SETMETADATA", kIn, Route::by_mailbox_or_server, c::setmetadata, c::relay_verbatim},
    CommandSpec{"SETQUOTA", kIn, Route::by_tree, c::setquota, c::relay_verbatim},
    CommandSpec{"STARTTLS", kNot, Route::here, c::starttls, nullptr},
    CommandSpec{"STATUS", kIn, Route::by_mailbox, c::status, c::relay_verbatim},
    CommandSpec{"STORE", kSel, Route::by_selection, c::store, c::relay_verbatim, true},
    CommandSpec{"SUBSCRIBE", kIn, Route::by_inbox, c::subscribe, c::relay_subscribe},
    CommandSpec{"SYNCAPPLY", kIn, Route::here, c::sync, nullptr},
    CommandSpec{"SYNCGET", kIn, Route::here, c::sync, nullptr},
    CommandSpec{"SYNCRESTART", kIn, Route::here, c::sync, nullptr},
    CommandSpec{"UID COPY", kSel, Route::by_selection, c::copy, c::relay_copy},
    CommandSpec{"UID EXPUNGE", kSel, Route::by_selection, c::expunge, c::relay_verbatim},
    CommandSpec{"UID FETCH", kSel, Route::by_selection, c::fetch, c::relay_verbatim},
    CommandSpec{"UID MOVE", kSel, Route::by_selection, c::copy, c::relay_copy},
    CommandSpec{"UID SEARCH", kSel, Route::by_selection, c::search, c::relay_verbatim},
    CommandSpec{"UID STORE", kSel, Route::by_selection, c::store, c::relay_verbatim},
    CommandSpec{"UNAUTHENTICATE", kIn, Route::here, c::unauthenticate, nullptr},
    CommandSpec{"UNSELECT", kSel, Route::by_selection, c::close, c::relay_close},
    CommandSpec{"UNSUBSCRIBE", kIn, Route::by_inbox, c::subscribe, c::relay_subscribe},
    CommandSpec{"XFER", kIn, Route::here, c::xfer, nullptr},
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

}  // namespace rookery::imapd
