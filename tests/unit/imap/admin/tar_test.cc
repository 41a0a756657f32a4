// Archives: what is written is read again; what is cut, damaged or no archive is told.
#include "imap/admin/tools/tar.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <utility>
#include <vector>

#include "lib/base/fd.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::admin;

using Members = std::vector<std::pair<std::string, std::string>>;

const Members kMembers = {
    {"head", "x"},
    {"empty", ""},
    {"block", std::string(kTarBlock, 'b')},
    {std::string(100, 'n'), "a name that fits"},
    {std::string(101, 'm'), "one that does not"},
    {"folder/" + std::string(3000, 'l'), std::string(100'000, '\n')},
    {"end", "all"},
};

std::string written(const test::TempDir& folder, const Members& members)
{
    auto file = open_file(folder.file("a.tar"), O_RDWR | O_CREAT | O_TRUNC);
    ASSERT_OK(file);
    TarWriter writer(file->get());
    for (const auto& [name, bytes] : members) ASSERT_OK(writer.add(name, bytes, 1234567890));
    ASSERT_OK(writer.finish());
    auto bytes = read_file(folder.file("a.tar"), 1u << 24);
    ASSERT_OK(bytes);
    return *std::move(bytes);
}

Result<Members> read_all(const test::TempDir& folder, std::string_view bytes)
{
    ASSERT_OK(replace_file(folder.file("b.tar"), bytes));
    TRY_ASSIGN(const Fd file, open_file(folder.file("b.tar"), O_RDONLY));
    TarReader reader(file.get());
    Members members;
    for (;;) {
        TRY_ASSIGN(const auto member, reader.next());
        if (!member) return members;
        ck_assert_int_eq(member->time, 1234567890);
        TRY_ASSIGN(std::string content, reader.read_all(1u << 20));
        members.emplace_back(member->name, std::move(content));
    }
}

START_TEST(what_is_written_is_read)
{
    const test::TempDir folder;
    const std::string bytes = written(folder, kMembers);
    ck_assert_uint_eq(bytes.size() % kTarBlock, 0);
    auto members = read_all(folder, bytes);
    ASSERT_OK(members);
    ck_assert(*members == kMembers);
}
END_TEST

START_TEST(what_is_not_read_is_skipped)
{
    const test::TempDir folder;
    ASSERT_OK(replace_file(folder.file("b.tar"), written(folder, kMembers)));
    auto file = open_file(folder.file("b.tar"), O_RDONLY);
    ASSERT_OK(file);
    TarReader reader(file->get());
    for (const auto& [name, bytes] : kMembers) {
        auto member = reader.next();
        ASSERT_OK(member);
        ck_assert(*member);
        ASSERT_EQ_TEXT((*member)->name, name);
        ck_assert_uint_eq((*member)->size, bytes.size());
        char some[3];
        auto n = reader.read(some);
        ASSERT_OK(n);
        ck_assert_uint_eq(*n, std::min(sizeof some, bytes.size()));
    }
}
END_TEST

START_TEST(what_is_cut_or_damaged_is_told)
{
    const test::TempDir folder;
    const std::string whole = written(folder, {{"one", "1"}, {std::string(200, 'n'), "2"}});
    for (size_t size = 0; size + 2 * kTarBlock < whole.size(); size += 100)
        ASSERT_CODE(read_all(folder, whole.substr(0, size)), Code::closed);
    // A bit of each byte of a header, but for the two bytes behind its sum that say nothing.
    for (size_t at = 0; at < kTarBlock; at++) {
        std::string other = whole;
        other[at] = static_cast<char>(other[at] ^ 1);
        const bool counts = at < 154 || at > 155;
        if (counts) ck_assert_msg(!read_all(folder, other).ok(), "byte %zu", at);
    }
    ASSERT_CODE(read_all(folder, std::string(4096, 'x')), Code::corrupt);
    // What an extended header may say of itself.
    const size_t extended = 3 * kTarBlock;
    for (const char* text :
         {"9999 path=x\n", "x path=x\n", "0 path=x\n", "1 path=x\n", " path=x\n"}) {
        std::string other = whole;
        other.replace(extended, strlen(text), text);
        ASSERT_CODE(read_all(folder, other), Code::corrupt);
    }
}
END_TEST

START_TEST(large_members_are_not_held)
{
    const test::TempDir folder;
    ASSERT_OK(replace_file(folder.file("b.tar"), written(folder, {{"a", std::string(5000, 'x')}})));
    auto file = open_file(folder.file("b.tar"), O_RDONLY);
    ASSERT_OK(file);
    TarReader reader(file->get());
    ASSERT_OK(reader.next());
    ASSERT_CODE(reader.read_all(4999), Code::limit);
    ASSERT_CODE(TarWriter(1).add(std::string(kMaxTarName + 1, 'x'), "", 0), Code::limit);
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("tar");
    TCase* tcase = tcase_create("tar");
    tcase_add_test(tcase, what_is_written_is_read);
    tcase_add_test(tcase, what_is_not_read_is_skipped);
    tcase_add_test(tcase, what_is_cut_or_damaged_is_told);
    tcase_add_test(tcase, large_members_are_not_held);
    suite_add_tcase(suite, tcase);
    return suite;
}
const test::Registered registered(make);

}  // namespace
