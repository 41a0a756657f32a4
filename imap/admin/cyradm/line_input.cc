#include "config.h"

#include "imap/admin/cyradm/line_input.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#ifdef HAVE_LIBEDIT
#include <histedit.h>
#endif

#include "imap/admin/tool.h"
#include "lib/base/strings.h"

namespace rookery::cyradm {

#ifdef HAVE_LIBEDIT

struct LineInput::Editor {
    explicit Editor(Complete c) : complete(std::move(c)) {}
    ~Editor()
    {
        if (edit != nullptr) ::el_end(edit);
        if (history != nullptr) ::history_end(history);
    }

    static char* prompt_of(EditLine* edit)
    {
        Editor* self = nullptr;
        ::el_get(edit, EL_CLIENTDATA, &self);
        return self->prompt.data();
    }

    // Adds what all candidates have in common; shows them where that is nothing.
    static unsigned char on_tab(EditLine* edit, int)
    {
        Editor* self = nullptr;
        ::el_get(edit, EL_CLIENTDATA, &self);
        const LineInfo* line = ::el_line(edit);
        const std::string_view typed(line->buffer,
                                     static_cast<size_t>(line->cursor - line->buffer));
        const auto found = self->complete(typed);
        if (found.empty()) return CC_ERROR;
        std::string common = found.front();
        for (const std::string& one : found) {
            const auto differs =
                std::mismatch(common.begin(), common.end(), one.begin(), one.end());
            common.erase(differs.first, common.end());
        }
        const size_t word = typed.size() - (typed.find_last_of(" \t") + 1);
        std::string more = common.size() > word ? common.substr(word) : std::string();
        if (found.size() == 1) more += ' ';
        if (!more.empty()) return ::el_insertstr(edit, more.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
        std::string shown = "\n";
        for (const std::string& one : found) cat_to(shown, one, "  ");
        admin::print(shown += '\n');
        return CC_REDISPLAY;
    }

    bool begin()
    {
        history = ::history_init();
        edit = ::el_init("cyradm", stdin, stdout, stderr);
        if (history == nullptr || edit == nullptr) return false;
        HistEvent event;
        ::history(history, &event, H_SETSIZE, 500);
        ::el_set(edit, EL_CLIENTDATA, this);
        ::el_set(edit, EL_PROMPT, prompt_of);
        ::el_set(edit, EL_EDITOR, "emacs");
        ::el_set(edit, EL_HIST, ::history, history);
        ::el_set(edit, EL_ADDFN, "rk-complete", "Completes a word", on_tab);
        ::el_set(edit, EL_BIND, "^I", "rk-complete", nullptr);
        return true;
    }

    std::optional<std::string> next()
    {
        int size = 0;
        const char* line = ::el_gets(edit, &size);
        if (line == nullptr || size <= 0) return std::nullopt;
        std::string text(line, static_cast<size_t>(size));
        while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
        HistEvent event;
        if (!text.empty()) ::history(history, &event, H_ENTER, line);
        return text;
    }

    Complete complete;
    std::string prompt;
    History* history = nullptr;
    EditLine* edit = nullptr;
};

#else

struct LineInput::Editor {
    explicit Editor(const Complete&) {}
    bool begin() { return false; }
    std::optional<std::string> next() { return std::nullopt; }
    std::string prompt;
};

#endif

LineInput::LineInput(Complete complete, bool on_terminal)
{
    if (!on_terminal) return;
    editor_ = std::make_unique<Editor>(std::move(complete));
    if (!editor_->begin()) editor_.reset();
}

LineInput::~LineInput() = default;

std::optional<std::string> LineInput::next(const std::string& prompt)
{
    if (editor_) {
        editor_->prompt = prompt;
        return editor_->next();
    }
    admin::print(prompt);
    for (;;) {
        if (const size_t end = held_.find('\n'); end != std::string::npos) {
            std::string line = held_.substr(0, end);
            held_.erase(0, end + 1);
            return line;
        }
        char some[4096];
        const ssize_t n = ::read(STDIN_FILENO, some, sizeof some);
        if (n < 0 && errno == EINTR) continue;
        if (n > 0) {
            held_.append(some, static_cast<size_t>(n));
            continue;
        }
        if (held_.empty()) return std::nullopt;
        return std::exchange(held_, {});
    }
}

}  // namespace rookery::cyradm
