#include "imap/delivery/edited_message.h"

#include <vector>

#include "imap/submission/header_text.h"
#include "lib/base/strings.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::delivery {
namespace {

struct Field {
    std::string name;
    std::string raw;
};

std::string ended(std::string_view raw)
{
    return raw.ends_with('\n') ? std::string(raw) : cat(raw, "\r\n");
}

std::vector<Field> fields_of(std::string_view header)
{
    std::vector<Field> fields;
    text::HeaderCursor cursor(header);
    while (auto field = cursor.next())
        fields.push_back({std::string(field->name), ended(field->raw)});
    return fields;
}

void remove(std::vector<Field>& fields, const std::string& name, size_t index)
{
    for (auto at = fields.begin(); at != fields.end(); ++at)
        if (equal_nocase(at->name, name) && --index == 0) {
            fields.erase(at);
            return;
        }
}

}  // namespace

EditedMessage edit_message(std::string_view message, std::span<const sieve::HeaderEdit> edits)
{
    const size_t size = text::header_size(message);
    std::vector<Field> fields = fields_of(message.substr(0, size));
    for (const sieve::HeaderEdit& edit : edits) {
        if (edit.is_deletion) {
            remove(fields, edit.name, edit.index);
            continue;
        }
        auto at = edit.last ? fields.end() : fields.begin();
        if (!edit.last && !fields.empty() && equal_nocase(fields[0].name, "Return-Path")) ++at;
        fields.insert(at,
                      {edit.name, submission::HeaderText().add_text(edit.name, edit.value).text()});
    }
    EditedMessage edited;
    for (const Field& field : fields) edited.header.append(field.raw);
    edited.header.append("\r\n");
    edited.body = message.substr(size);
    return edited;
}

}  // namespace rookery::delivery
