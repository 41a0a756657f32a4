// What a client does with its scripts, where they are here (RFC 5804 2.5 to 2.12).
#include "imap/managesieve/engine.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::managesieve {

using scripts::Scripts;

void Engine::have_space(const Arguments& arguments)
{
    if (Status name = Scripts::check_name(arguments.first); !name) return no(name.error());
    answer(scripts_->has_space(arguments.first, arguments.number));
}

// Else the client has been told what is wrong with it.
bool Engine::passes(std::string_view script)
{
    const std::string errors = extensions_.check(script);
    if (errors.empty()) return true;
    no({}, errors);
    return false;
}

void Engine::check_script(const Arguments& arguments)
{
    if (passes(arguments.first)) ok();
}

void Engine::put_script(const Arguments& arguments)
{
    if (Status name = Scripts::check_name(arguments.first); !name) return no(name.error());
    if (verifies_only()) {
        if (passes(arguments.second)) ok();
        return;
    }
    if (Status room = scripts_->has_space(arguments.first, arguments.second.size()); !room)
        return no(room.error());
    if (!passes(arguments.second)) return;
    answer(scripts_->write(arguments.first, arguments.second));
}

void Engine::list_scripts(const Arguments&)
{
    auto names = scripts_->plain_names();
    if (!names) return no(names.error());
    const std::string active = scripts_->active();
    for (const std::string& name : *names) {
        // One that a hand put there may be called what no client could say.
        if (!Scripts::check_name(name)) continue;
        client_.put(to_string(name), name == active ? " ACTIVE\r\n" : "\r\n");
    }
    ok();
}

Status Engine::require_script(const std::string& name) const
{
    TRY(Scripts::check_name(name));
    TRY_ASSIGN(const bool is_there, scripts_->has(name));
    if (!is_there) return Error{Code::not_found, "no such script"};
    return success();
}

void Engine::set_active(const Arguments& arguments)
{
    if (!arguments.first.empty())
        if (Status there = require_script(arguments.first); !there) return no(there.error());
    answer(scripts_->activate(arguments.first));
}

void Engine::get_script(const Arguments& arguments)
{
    if (Status there = require_script(arguments.first); !there) return no(there.error());
    auto script = scripts_->read_plain(arguments.first);
    if (!script) return no(script.error());
    std::string head;
    text::put_literal_head(head, script->size());
    client_.put(head);
    client_.put(*script, "\r\n");
    ok();
}

void Engine::delete_script(const Arguments& arguments)
{
    if (Status there = require_script(arguments.first); !there) return no(there.error());
    auto active = scripts_->find_active();
    if (!active) return no(active.error());
    if (*active == arguments.first) return no("ACTIVE", "That script is active");
    answer(scripts_->remove(arguments.first));
}

void Engine::rename_script(const Arguments& arguments)
{
    Status there = require_script(arguments.first);
    if (there) there = Scripts::check_name(arguments.second);
    if (!there) return no(there.error());
    answer(scripts_->rename(arguments.first, arguments.second));
}

}  // namespace rookery::managesieve
