#include "imap/delivery/message_variants.h"

namespace rookery::delivery {

Result<EditedMessage> MessageVariants::text(Edits edits) const
{
    TRY_ASSIGN(const std::string_view whole, t_.message->map());
    if (edits.empty()) return EditedMessage{{}, whole};
    return edit_message(whole, edits);
}

Result<mailbox::StagedMessage*> MessageVariants::on(const std::string& partition, Edits edits)
{
    if (edits.empty() && partition == t_.partition) return t_.message;
    for (const Variant& v : variants_) {
        const bool same_edits =
            v.edits.size() == edits.size() && (edits.empty() || v.edits.data() == edits.data());
        if (same_edits && v.partition == partition) return v.message.get();
    }
    TRY_ASSIGN(const EditedMessage edited, text(edits));
    TRY_ASSIGN(auto message, store_.stage(partition));
    TRY(message->write(edited.header));
    TRY(message->write(edited.body));
    variants_.push_back({partition, edits, std::move(message)});
    return variants_.back().message.get();
}

}  // namespace rookery::delivery
