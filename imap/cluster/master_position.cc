#include "imap/cluster/master_position.h"

#include "imap/cluster/list_marks.h"
#include "imap/mupdate/line.h"
#include "lib/base/strings.h"

namespace rookery::cluster {

using mupdate::Response;
using mupdate::Verb;

namespace {

constexpr std::string_view kPosition = "master-position";

}  // namespace

Result<MasterPosition> ask_position(const config::Config& config, mboxlist::Directory& local,
                                    Client& master)
{
    if (!master.offers("RECOVERY")) return MasterPosition{};
    const Position stood = last_position(local).value_or(Position{});
    master.send(Verb::position, {config.servername(), cat(stood.epoch), cat(stood.serial)});
    TRY(master.flush());
    MasterPosition there;
    for (;;) {
        TRY_ASSIGN(Response response, master.next(Deadline::after(Client::kAnswer)));
        const auto& a = response.arguments;
        if (response.kind == Response::Kind::position) {
            TRY_ASSIGN(there.at.epoch, to_number<uint64_t>(a[0]));
            TRY_ASSIGN(there.at.serial, to_number<uint64_t>(a[1]));
            there.standing = mupdate::standing_of(a[2]);
        } else if (response.kind == Response::Kind::ok) {
            return there;
        } else if (response.kind != Response::Kind::other) {
            return Error{Code::unavailable, cat("POSITION was refused: ", response.text)};
        }
    }
}

Status accept_restored(mboxlist::Directory& local)
{
    return set_mark(local, kPosition, "");
}

std::optional<Position> last_position(mboxlist::Directory& local)
{
    return mupdate::parse_position(mark_of(local, kPosition));
}

Status remember_position(mboxlist::Directory& local, const Position& at)
{
    return set_mark(local, kPosition, mupdate::to_text(at));
}

}  // namespace rookery::cluster
