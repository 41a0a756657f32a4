#include "imap/model/server_states.h"

#include <algorithm>
#include <array>

#include "imap/model/location.h"
#include "lib/base/strings.h"
#include "lib/text/utf8.h"

namespace rookery::model {

namespace {

constexpr std::array<std::pair<ServerState, std::string_view>, 4> kWords = {{
    {ServerState::active, "active"},
    {ServerState::no_new, "no-new"},
    {ServerState::draining, "draining"},
    {ServerState::maintenance, "maintenance"},
}};

bool is_printing(char c)
{
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
}

}  // namespace

std::string_view server_state_word(ServerState state)
{
    for (const auto& [value, word] : kWords)
        if (value == state) return word;
    return "active";
}

std::optional<ServerState> server_state_of(std::string_view word)
{
    for (const auto& [value, text] : kWords)
        if (text == word) return value;
    return std::nullopt;
}

Result<ServerStates> ServerStates::parse(std::string_view text)
{
    ServerStates states;
    for (const std::string_view line : split(text, '\n', false)) {
        const size_t name_end = std::min(line.find(' '), line.size());
        const size_t word_end = std::min(line.find(' ', name_end + 1), line.size());
        const auto state = server_state_of(
            line.substr(std::min(name_end + 1, line.size()), word_end - name_end - 1));
        if (!state || word_end == line.size())
            return Error{Code::syntax, cat("not a server and its state: ", line)};
        TRY(states.set(line.substr(0, name_end), *state, line.substr(word_end + 1)));
    }
    return states;
}

std::string ServerStates::to_text() const
{
    std::string text;
    for (const auto& [server, said] : said_)
        cat_to(text, server, ' ', server_state_word(said.state), ' ', said.note, '\n');
    return text;
}

Status ServerStates::set(std::string_view server, ServerState state, std::string_view note)
{
    if (!is_server_name(server)) return Error{Code::syntax, cat("not a server's name: ", server)};
    if (note.size() > kMaxNote) return Error{Code::limit, "the note is too long"};
    if (!std::all_of(note.begin(), note.end(), is_printing) || !text::is_utf8(note))
        return Error{Code::syntax, "the note is not printing UTF-8"};
    const auto at = said_.find(server);
    if (state == ServerState::active) {
        if (at != said_.end()) said_.erase(at);
        return success();
    }
    if (at == said_.end() && said_.size() >= kMaxServers)
        return Error{Code::limit, "too many servers"};
    said_.insert_or_assign(std::string(server), Said{state, std::string(note)});
    return success();
}

ServerStates::Said ServerStates::of(std::string_view server) const
{
    const auto at = said_.find(server);
    return at == said_.end() ? Said{} : at->second;
}

}  // namespace rookery::model
