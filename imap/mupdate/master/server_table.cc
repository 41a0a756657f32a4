#include "imap/mupdate/master/server_table.h"

#include "lib/base/fd.h"
#include "lib/base/strings.h"

namespace rookery::mupdate {

namespace {

constexpr std::string_view kFirstLine = "rookery mupdate servers 1\n";
constexpr size_t kMaxFile = 1 << 20;

}  // namespace

Result<std::unique_ptr<ServerTable>> ServerTable::open(const std::string& path,
                                                       std::string_view mark)
{
    auto table = std::make_unique<ServerTable>();
    table->path_ = path;
    auto file = read_file(path, kMaxFile);
    if (!file && !file.is(Code::not_found)) return file.error();
    std::string_view text = mark;
    if (file) {
        text = *file;
        if (!text.starts_with(kFirstLine))
            return Error{Code::unsupported, cat(path, " was written by another version")};
        text.remove_prefix(kFirstLine.size());
    }
    auto servers = model::ServerStates::parse(text);
    if (!servers) return Error{Code::corrupt, cat(path, ": ", servers.error().text)};
    table->state_.lock()->servers = *std::move(servers);
    return table;
}

Status ServerTable::set(std::string_view server, model::ServerState state, std::string_view note)
{
    {
        auto shared = state_.lock();
        model::ServerStates after = shared->servers;
        TRY(after.set(server, state, note));
        TRY(replace_file(path_, cat(kFirstLine, after.to_text())));
        shared->servers = std::move(after);
        ++shared->version;
    }
    if (listener_) listener_();
    return success();
}

Status ServerTable::replace(std::string_view text)
{
    TRY_ASSIGN(model::ServerStates after, model::ServerStates::parse(text));
    {
        auto shared = state_.lock();
        shared->servers = std::move(after);
        ++shared->version;
    }
    if (listener_) listener_();
    return success();
}

std::string ServerTable::text(uint64_t& version) const
{
    auto shared = state_.lock();
    version = shared->version;
    return shared->servers.to_text();
}

std::vector<StatusLine> ServerTable::status() const
{
    auto shared = state_.lock();
    std::vector<StatusLine> lines;
    for (const auto& [server, said] : shared->servers.all())
        lines.push_back(
            {"state", cat(server, ' ', model::server_state_word(said.state), ' ', said.note)});
    return lines;
}

}  // namespace rookery::mupdate
