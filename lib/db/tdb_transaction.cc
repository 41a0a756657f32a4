#include "lib/db/tdb_transaction.h"

#include "lib/base/strings.h"

namespace rookery::db {

Status read_page(TdbFile& file, uint32_t number, Page& page)
{
    Status read = success();
    TRY_ASSIGN(const bool there, file.parse(page_key(number), [&](std::string_view bytes) {
        read = page.read_from(bytes, number);
    }));
    if (!there) return Error{Code::corrupt, cat("page ", number, " is missing")};
    return read;
}

Result<Header> read_header(TdbFile& file)
{
    Result<Header> header = Error{Code::corrupt, "the header is missing"};
    TRY(file.parse(kHeaderKey, [&](std::string_view bytes) { header = Header::decode(bytes); }));
    return header;
}

TdbTransaction::TdbTransaction(TdbFile& file, Header header, bool full)
    : file_(file),
      header_(std::move(header)),
      before_(header_),
      full_(full),
      tree_(*this, header_.root)
{
}

Result<Page*> TdbTransaction::load(uint32_t number)
{
    auto [at, missing] = pages_.try_emplace(number);
    if (missing) {
        at->second.page = std::make_unique<Page>();
        TRY(read_page(file_, number, *at->second.page));
    }
    return at->second.page.get();
}

Result<Page*> TdbTransaction::allocate(Page::Kind kind, uint8_t level)
{
    if (header_.free_page != 0) {
        TRY_ASSIGN(Page * page, load(header_.free_page));
        if (page->kind() != Page::Kind::free)
            return Error{Code::corrupt, cat("page ", page->number(), " is not free")};
        header_.free_page = page->link();
        page->init(page->number(), kind, level);
        changed(page->number());
        return page;
    }
    const uint32_t number = header_.next_page++;
    Held& held = pages_[number];
    held.page = std::make_unique<Page>();
    held.page->init(number, kind, level);
    held.dirty = held.is_new = true;
    return held.page.get();
}

Status TdbTransaction::release(uint32_t number)
{
    TRY_ASSIGN(Page * page, load(number));
    page->init(number, Page::Kind::free, 0);
    page->set_link(header_.free_page);
    header_.free_page = number;
    changed(number);
    return success();
}

Result<std::string> TdbTransaction::get(std::string_view key)
{
    Result<std::string> value = std::string();
    make_value_key(key, value_key_);
    TRY_ASSIGN(const bool there, file_.parse(value_key_, [&](std::string_view record) {
        auto found = decode_value(key, record);
        if (found)
            value = std::string(*found);
        else
            value = found.error();
    }));
    if (there) return value;
    TRY_ASSIGN(const auto found, tree_.find(key));
    if (found.existed) return value;
    return Error{Code::not_found, "no such key"};
}

Status TdbTransaction::put(std::string_view key, std::string_view value)
{
    TRY(check_key(key));
    TRY(check_value(value));
    if (full_) {
        TRY_ASSIGN(const auto there, tree_.find(key));
        if (!there.existed)
            return Error{Code::limit, "the store has reached its largest size: no new names"};
    }
    changed_anything_ = true;
    const bool has_value = !value.empty();
    TRY_ASSIGN(const auto before, tree_.insert(key, has_value));
    if (!before.existed) ++header_.count(key.front());
    make_value_key(key, value_key_);
    if (has_value) {
        encode_value(key, value, record_);
        TRY(file_.store(value_key_, record_, !before.had_value));
        if (!before.had_value) ++header_.values;
    } else if (before.had_value) {
        TRY(file_.erase(value_key_));
        --header_.values;
    }
    return success();
}

Status TdbTransaction::erase(std::string_view key)
{
    TRY(check_key(key));
    TRY_ASSIGN(const auto before, tree_.erase(key));
    if (!before.existed) return Error{Code::not_found, "no such key"};
    changed_anything_ = true;
    --header_.count(key.front());
    if (!before.had_value) return success();
    make_value_key(key, value_key_);
    TRY(file_.erase(value_key_));
    --header_.values;
    return success();
}

Status TdbTransaction::finish()
{
    for (auto& [number, held] : pages_) {
        if (!held.dirty) continue;
        TRY(file_.store(page_key(number), held.page->seal(), held.is_new));
    }
    header_.root = tree_.root();
    if (header_ == before_) return success();
    return file_.store(kHeaderKey, header_.encode(), false);
}

}  // namespace rookery::db
