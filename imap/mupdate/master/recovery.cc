#include "imap/mupdate/master/recovery.h"

#include <algorithm>
#include <array>
#include <optional>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::mupdate {

namespace {

constexpr std::string_view kFirstLine = "rookery mupdate recovery 1";
constexpr size_t kMaxFile = 16 << 20;

constexpr std::array<std::pair<Standing, std::string_view>, 6> kWords = {{
    {Standing::on, "on"},
    {Standing::other, "other"},
    {Standing::recovering, "recovering"},
    {Standing::waiting, "waiting"},
    {Standing::restored, "restored"},
    {Standing::unknown, "unknown"},
}};

// The place of a position on a line that holds it: epochs count first.
std::pair<size_t, uint64_t> place_on(const Line& line, const Position& at)
{
    if (at.epoch == line.epoch) return {line.before.size(), at.serial};
    for (size_t i = 0; i < line.before.size(); ++i)
        if (line.before[i].epoch == at.epoch) return {i, at.serial};
    return {0, 0};
}

}  // namespace

std::string_view standing_word(Standing standing)
{
    for (const auto& [value, word] : kWords)
        if (value == standing) return word;
    return "unknown";
}

Standing standing_of(std::string_view word)
{
    for (const auto& [value, text] : kWords)
        if (text == word) return value;
    return Standing::unknown;
}

Error never_there()
{
    return {Code::not_found, "this list never was there"};
}

Result<std::unique_ptr<Recovery>> Recovery::open(const std::string& path)
{
    std::unique_ptr<Recovery> recovery(new Recovery(path));
    auto text = read_file(path, kMaxFile);
    if (text.is(Code::not_found)) return recovery;
    if (!text) return text.error();
    TRY(recovery->parse(*text));
    return recovery;
}

// Lines: "adopted" epoch; "waiting" server; "stood" epoch serial server.
Status Recovery::parse(std::string_view text)
{
    const Error bad{Code::corrupt, cat(path_, " cannot be read")};
    auto state = state_.lock();
    bool first = true;
    for (std::string_view line : split(text, '\n', false)) {
        if (first && line != kFirstLine)
            return Error{Code::unsupported, cat(path_, " was written by another version")};
        if (std::exchange(first, false)) continue;
        auto words = split(line, ' ', false);
        if (words.size() < 2) return bad;
        if (words[0] == "adopted") {
            auto epoch = to_number<uint64_t>(words[1]);
            if (!epoch) return bad;
            state->adopted.insert(*epoch);
        } else if (words[0] == "waiting") {
            state->waiting.emplace(words[1]);
        } else if (words[0] == "stood" && words.size() == 4) {
            auto epoch = to_number<uint64_t>(words[1]);
            auto serial = to_number<uint64_t>(words[2]);
            if (!epoch || !serial) return bad;
            state->stood[std::string(words[3])] = {*epoch, *serial};
            state->told_at[std::string(words[3])] = wall_seconds();
        } else {
            return bad;
        }
    }
    return first ? Status(bad) : success();
}

Status Recovery::write(State& state) const
{
    std::string out = cat(kFirstLine, '\n');
    for (uint64_t epoch : state.adopted) cat_to(out, "adopted ", epoch, '\n');
    for (const std::string& server : state.waiting) cat_to(out, "waiting ", server, '\n');
    for (const auto& [server, at] : state.stood)
        cat_to(out, "stood ", to_text(at), ' ', server, '\n');
    TRY(replace_file(path_, out));
    state.changed = false;
    return success();
}

Standing Recovery::judge(const std::string& server, const std::string& who, const Position& at,
                         const Line& line)
{
    auto state = state_.lock();
    const std::string& name = server.empty() ? who : server;
    const bool backend = !server.empty();
    const bool known = at.epoch == 0 || line.holds(at);
    if (!known && !state->adopted.contains(at.epoch)) {
        const bool is_new = !state->strangers.contains(name);
        if (state->strangers.size() < kMaxStrangers || !is_new)
            state->strangers[name] = {at, backend};
        if (is_new)
            log::error("a server stood where this list never was: restored or replaced? See "
                       "\"murder promote\"",
                       {{"server", name}, {"epoch", at.epoch}, {"serial", at.serial}});
        return Standing::other;
    }
    state->strangers.erase(name);
    if (!state->waiting.empty() && (!backend || state->waiting.contains(name)))
        return Standing::recovering;
    if (!state->waiting.empty()) return Standing::waiting;
    auto stood = state->stood.find(name);
    if (backend && known && stood != state->stood.end() && line.holds(stood->second) &&
        place_on(line, at) < place_on(line, stood->second)) {
        state->restored.insert(name);
        return Standing::restored;
    }
    state->restored.erase(name);
    return Standing::on;
}

Result<uint64_t> Recovery::promote(std::span<const std::string> servers)
{
    auto state = state_.lock();
    for (const auto& [name, stranger] : state->strangers) {
        state->adopted.insert(stranger.at.epoch);
        if (stranger.is_backend) state->waiting.insert(name);
    }
    state->strangers.clear();
    state->waiting.insert(servers.begin(), servers.end());
    TRY(write(*state));
    return state->waiting.size();
}

Status Recovery::end()
{
    auto state = state_.lock();
    state->waiting.clear();
    return write(*state);
}

Result<bool> Recovery::told(const std::string& server, const Position& at)
{
    auto state = state_.lock();
    state->stood[server] = at;
    state->changed = true;
    state->told_at[server] = wall_seconds();
    state->restored.erase(server);
    if (state->waiting.erase(server) == 0) return false;
    TRY(write(*state));
    return state->waiting.empty();
}

Status Recovery::save()
{
    auto state = state_.lock();
    return state->changed ? write(*state) : success();
}

std::vector<StatusLine> Recovery::status() const
{
    auto state = state_.lock();
    std::vector<StatusLine> lines;
    for (const auto& [name, stranger] : state->strangers)
        lines.push_back({"stranger", cat(to_text(stranger.at), ' ', name)});
    for (const std::string& server : state->waiting) lines.push_back({"waiting", server});
    for (const std::string& server : state->restored) lines.push_back({"restored", server});
    for (const auto& [server, when] : state->told_at)
        lines.push_back({"told", cat(wall_seconds() - when, ' ', server)});
    return lines;
}

}  // namespace rookery::mupdate
