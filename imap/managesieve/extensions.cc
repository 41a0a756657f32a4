#include "imap/managesieve/extensions.h"

#include <algorithm>

#include "imap/sieve/compile.h"
#include "imap/sieve/extension_table.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::managesieve {
namespace {

// What a word of the option stands for beside itself.
struct Alias {
    std::string_view word;
    std::string_view capability;
};
constexpr Alias kAliases[] = {
    {"imapflags", "imap4flags"},
    {"notify", "enotify"},
    {"reject", "ereject"},
};

// Nothing that Cyrus has a word for.
bool is_always_allowed(std::string_view capability)
{
    return capability.empty() || capability.starts_with("comparator-") ||
           capability == "encoded-character";
}

}  // namespace

Extensions::Extensions(const config::Config& config)
{
    limits_.script_size = static_cast<size_t>(config.sieve_maxscriptsize()) * 1024;
    const auto table = sieve::extension_table();
    const bool all = !config.is_set("sieve_extensions");
    for (const auto& row : table)
        allowed_.push_back(row.offered && (all || is_always_allowed(row.capability)));
    for (const std::string& word : config.sieve_extensions()) {
        bool known = false;
        const auto allow = [&](std::string_view capability) {
            const auto place = sieve::find_extension(capability);
            if (!place || capability.empty() || !table[*place].offered) return;
            allowed_[*place] = known = true;
        };
        allow(word);
        for (const Alias& alias : kAliases)
            if (alias.word == word) allow(alias.capability);
        if (!known) log::warning("sieve_extensions: not known here", {{"extension", word}});
    }
    for (size_t i = 0; i < table.size(); ++i) {
        if (!allowed_[i] || table[i].capability.empty()) continue;
        cat_to(announced_, announced_.empty() ? "" : " ", table[i].capability);
    }
}

bool Extensions::is_announced(std::string_view capability) const
{
    const auto words = split_words(announced_);
    return std::find(words.begin(), words.end(), capability) != words.end();
}

std::string Extensions::check(std::string_view script) const
{
    const auto compiled = sieve::compile(script, limits_);
    std::string text;
    for (const auto& error : compiled.errors)
        cat_to(text, text.empty() ? "" : "\r\n", "line ", error.at.line, ", column ",
               error.at.column, ": ", error.text);
    if (!compiled.program) return text;
    const auto table = sieve::extension_table();
    for (size_t i = 0; i < table.size(); ++i) {
        if (allowed_[i] || !sieve::has_capability(*compiled.program, table[i].capability)) continue;
        cat_to(text, text.empty() ? "" : "\r\n", "line 1, column 1: the extension \"",
               table[i].capability, "\" is not in use here");
    }
    return text;
}

}  // namespace rookery::managesieve
