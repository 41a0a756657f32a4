#include "lib/db/tdb_load.h"

#include <unistd.h>

#include "lib/base/strings.h"
#include "lib/db/tdb_rewrite.h"

namespace rookery::db {
namespace {

constexpr size_t kWaiting = 32768;
constexpr uint64_t kMany = 1'000'000;

}  // namespace

TdbLoad::TdbLoad(std::string_view path, bool durable, TakePlace take_place)
    : path_(cat(path, ".NEW-", static_cast<int64_t>(getpid()))),
      durable_(durable),
      take_place_(std::move(take_place))
{
}

TdbLoad::~TdbLoad()
{
    if (file_) unlink(path_.c_str());
}

Status TdbLoad::open_file(uint64_t expected_count)
{
    if (file_) return success();
    TRY_ASSIGN(TdbFile file, TdbFile::make_private(path_, hash_size_for(2 * expected_count)));
    file_.emplace(std::move(file));
    tree_.emplace(*file_, header_);
    for (const auto& [key, value] : waiting_) TRY(store_value(key, value));
    waiting_ = {};
    return success();
}

Status TdbLoad::store_value(std::string_view key, std::string_view value)
{
    make_value_key(key, scratch_key_);
    encode_value(key, value, scratch_value_);
    ++header_.values;
    return file_->store(scratch_key_, scratch_value_, true);
}

Status TdbLoad::value(std::string_view key, std::string_view value)
{
    TRY(check_key(key));
    TRY(check_value(value));
    if (file_) return store_value(key, value);
    waiting_.emplace_back(key, value);
    return waiting_.size() < kWaiting ? success() : open_file(kMany);
}

Status TdbLoad::key(std::string_view key, bool has_value)
{
    TRY(open_file(waiting_.size()));
    if (key <= last_key_) return Error{Code::corrupt, "keys of a load are out of order"};
    last_key_ = key;
    TRY(check_key(key));
    ++header_.count(key.front());
    return tree_->add(key, has_value);
}

Status TdbLoad::finish()
{
    TRY(open_file(waiting_.size()));
    TRY(tree_->finish());
    TRY(file_->store(kHeaderKey, header_.encode(), true));
    if (durable_) TRY(file_->sync());
    const uint64_t inode = file_->inode();
    tree_.reset();
    file_.reset();
    return take_place_(path_, inode);
}

}  // namespace rookery::db
