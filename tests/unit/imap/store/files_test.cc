// The files of a mailbox one by one: index, header, cache, seen, paths, sets, staging.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "imap/store/cache_file.h"
#include "imap/store/header_file.h"
#include "imap/store/index_file.h"
#include "imap/store/message_file.h"
#include "imap/store/slot_map.h"
#include "tests/unit/imap/store/fixture.h"

namespace {

using namespace rookery;
using namespace rookery::store;
using namespace rookery::test;

START_TEST(index_records_and_header_come_back_as_they_were_written)
{
    IndexRecord record;
    record.uid = 7;
    record.size = 4000000000u;
    record.internaldate = -5;
    record.zone_minutes = -300;
    record.system_flags = model::kSeen | model::kDraft;
    record.modseq = 1ull << 40;
    record.keywords.set(0).set(63).set(64).set(127);
    record.guid.fill('g');
    char bytes[kIndexRecordSize];
    encode(record, bytes);
    ck_assert(record_is_intact(bytes));
    IndexRecord back = decode_record(bytes);
    ck_assert(back.uid == 7 && back.size == 4000000000u && back.internaldate == -5);
    ck_assert(back.zone_minutes == -300 && back.modseq == 1ull << 40);
    ck_assert(back.keywords == record.keywords && back.guid == record.guid);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = static_cast<char>(bytes[i] ^ 1);
        ck_assert_msg(!record_is_intact(bytes), "a changed byte %zu was not noticed", i);
        bytes[i] = static_cast<char>(bytes[i] ^ 1);
    }
    IndexHeader header;
    header.uidvalidity = 9;
    header.records = 3;
    header.size = 1ull << 50;
    header.keywords = 4;
    char head[kIndexHeaderSize];
    encode(header, head);
    auto read = decode_header(head);
    ASSERT_OK(read);
    ck_assert(*read == header);
    head[100] ^= 1;
    ASSERT_CODE(decode_header(head), Code::corrupt);
}
END_TEST

START_TEST(a_newer_index_is_refused_with_its_own_code)
{
    char head[kIndexHeaderSize];
    encode(IndexHeader{}, head);
    store32(head + 8, kIndexVersion + 1);
    store32(head + kIndexHeaderSize - 4, checksum({head, kIndexHeaderSize - 4}));
    ASSERT_CODE(decode_header(head), Code::unsupported);
}
END_TEST

START_TEST(the_index_file_grows_and_finds_uids)
{
    TempDir dir;
    auto folder = open_file(dir.path(), O_RDONLY | O_DIRECTORY);
    ASSERT_OK(folder);
    ASSERT_OK(IndexFile::replace(folder->get(), IndexHeader{}, {}));
    auto index = IndexFile::open(folder->get());
    ASSERT_OK(index);
    std::vector<IndexRecord> records(1000);
    for (uint32_t i = 0; i < 1000; i++) records[i].uid = 10 * (i + 1);
    ASSERT_OK(index->write_records(0, records));
    ASSERT_OK(index->map_records(1000));
    ck_assert_uint_eq(index->lower_bound(10, 1000), 0);
    ck_assert_uint_eq(index->lower_bound(11, 1000), 1);
    ck_assert_uint_eq(index->lower_bound(10000, 1000), 999);
    ck_assert_uint_eq(index->lower_bound(10001, 1000), 1000);
    ck_assert_uint_eq(index->record(499)->uid, 5000);
    ASSERT_CODE(index->map_records(1001), Code::corrupt);
    ck_assert(!index->replaced());
    ASSERT_OK(IndexFile::replace(folder->get(), IndexHeader{}, {}));
    ck_assert(index->replaced());
}
END_TEST

START_TEST(the_header_file_keeps_its_values_and_notices_damage)
{
    HeaderFile header;
    header.name = "user.bob.S e";
    header.uniqueid = "abc";
    header.acl = "bob\tlrswipkxtecdan\t";
    header.uidvalidity = 77;
    header.keywords = {"$Forwarded", "NonJunk"};
    auto text = header.to_text();
    ASSERT_OK(text);
    auto back = HeaderFile::parse(*text);
    ASSERT_OK(back);
    ASSERT_EQ_TEXT(back->name, header.name);
    ASSERT_EQ_TEXT(back->acl, header.acl);
    ck_assert(back->keywords == header.keywords && back->uidvalidity == 77);
    ck_assert(*back->keyword("nonjunk") == 1 && !back->keyword("other"));
    std::string damaged = *text;
    damaged[damaged.find("NonJunk")] = 'M';
    ASSERT_CODE(HeaderFile::parse(damaged), Code::corrupt);
    ASSERT_CODE(HeaderFile::parse(text->substr(0, text->size() - 8)), Code::corrupt);
    ASSERT_CODE(HeaderFile::parse(""), Code::corrupt);
    ASSERT_CODE(HeaderFile::parse("rookery header 2\n"), Code::unsupported);
    header.acl = "x\ny";
    ASSERT_CODE(header.to_text(), Code::limit);
}
END_TEST

START_TEST(cache_entries_are_believed_only_when_intact_and_of_this_message)
{
    mailbox::CachedItems items{"(env)",       "(body)",
                               "(structure)", std::string("\0\1", 2),
                               "\nDate: x\n", text::order_keys("Subject: Re: x\r\n"),
                               "words",       text::DateTime{-77, -60}};
    std::string guid(kGuidSize, 'x');
    std::string entry = encode_cache_entry(items, guid);
    auto back = decode_cache_entry(entry, guid);
    ASSERT_OK(back);
    ASSERT_EQ_TEXT(back->bodystructure, items.bodystructure);
    ASSERT_EQ_TEXT(back->sections, items.sections);
    ASSERT_EQ_TEXT(back->fields, items.fields);
    ASSERT_EQ_TEXT(back->preview, items.preview);
    ck_assert(back->order == items.order);
    ck_assert(*decode_cached_order(entry, guid) == items.order);
    ck_assert(back->sent && back->sent->seconds == -77 && back->sent->zone_minutes == -60);
    const std::string other(kGuidSize, 'y');
    ASSERT_CODE(decode_cache_entry(entry, other), Code::corrupt);
    ASSERT_CODE(decode_cached_fields(entry, other), Code::corrupt);
    ASSERT_CODE(decode_cached_date(entry, other), Code::corrupt);
    for (size_t i = 0; i < entry.size(); i++) {
        ASSERT_CODE(decode_cache_entry(entry.substr(0, i), guid), Code::corrupt);
        ASSERT_CODE(decode_cached_fields(entry.substr(0, i), guid), Code::corrupt);
        ASSERT_CODE(decode_cached_order(entry.substr(0, i), guid), Code::corrupt);
        std::string damaged = entry;
        damaged[i] = static_cast<char>(damaged[i] ^ 0x40);
        ASSERT_CODE(decode_cache_entry(damaged, guid), Code::corrupt);
        auto fields = decode_cached_fields(damaged, guid);
        ck_assert(!fields || fields->fields() == "Date: x\n");
        const auto order = decode_cached_order(damaged, guid);
        ck_assert(!order || *order == items.order);
        auto sent = decode_cached_date(damaged, guid);
        ck_assert(!sent || (*sent && (*sent)->seconds == -77));
    }
    items.sent.reset();
    const std::string undated = encode_cache_entry(items, guid);
    ck_assert(!decode_cache_entry(undated, guid)->sent && !*decode_cached_date(undated, guid));
    // As another version wrote it: rendered by other rules.
    store32(entry.data() + 4, checksum(std::string_view(entry).substr(8), checksum("RKCACHE3")));
    ASSERT_CODE(decode_cache_entry(entry, guid), Code::corrupt);
    ASSERT_CODE(decode_cached_fields(entry, guid), Code::corrupt);
}
END_TEST

START_TEST(orders_that_were_read_are_found_again)
{
    OrdersRead orders;
    ck_assert(!orders.find(1));
    for (const uint32_t slot : {2u, 3u, 7u}) orders.add(slot, std::string(slot, 'x'));
    for (const uint32_t slot : {7u, 2u, 3u, 3u, 7u}) {
        const auto found = orders.find(slot);
        ck_assert(found && *found == std::string(slot, 'x'));
    }
    for (const uint32_t slot : {0u, 1u, 4u, 8u}) ck_assert(!orders.find(slot));
    orders.add(4, "");  // whoever began elsewhere
    ck_assert(orders.find(4) && orders.find(4)->empty() && !orders.find(2) && !orders.find(7));
    const std::string large(1u << 20, 'x');
    for (uint32_t slot = 5; slot < 40; slot++) orders.add(slot, large);
    ck_assert(orders.find(20) && !orders.find(21));
}
END_TEST

// Whether it is taken at once or in parts; what zlib is for, and what it is slow for.
START_TEST(sums_are_those_of_zlib)
{
    std::string bytes;
    for (uint32_t i = 0; i < 600; i++) bytes.push_back(static_cast<char>(i * i * 7 + i));
    ck_assert_uint_eq(checksum("123456789"), 0xcbf43926u);
    for (size_t size = 0; size <= bytes.size(); size++) {
        const std::string_view text = std::string_view(bytes).substr(0, size);
        const auto wanted = static_cast<uint32_t>(
            ::crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(size)));
        ck_assert_uint_eq(checksum(text), wanted);
        const size_t middle = size / 3;
        ck_assert_uint_eq(checksum(text.substr(middle), checksum(text.substr(0, middle))), wanted);
    }
}
END_TEST

START_TEST(uid_sets_merge_split_and_read_back)
{
    UidSet set;
    for (uint32_t uid : {5u, 3u, 4u, 9u, 1u}) set.add(uid);
    ASSERT_EQ_TEXT(set.to_string(), "1,3:5,9");
    set.add(2);
    ASSERT_EQ_TEXT(set.to_string(), "1:5,9");
    set.add_range(4, 12);
    ASSERT_EQ_TEXT(set.to_string(), "1:12");
    set.remove(6);
    set.remove(1);
    set.remove(12);
    set.remove(40);
    ASSERT_EQ_TEXT(set.to_string(), "2:5,7:11");
    ck_assert(set.contains(7) && !set.contains(6) && !set.contains(12));
    set.add(UINT32_MAX);
    auto back = UidSet::parse(set.to_string());
    ASSERT_OK(back);
    ck_assert(*back == set);
    ASSERT_CODE(UidSet::parse("1,x"), Code::syntax);
    ASSERT_CODE(UidSet::parse("5:3"), Code::syntax);
    ASSERT_CODE(UidSet::parse("1,3,5", 2), Code::limit);
}
END_TEST

START_TEST(slot_maps_number_messages_across_gaps)
{
    SlotMap map;
    for (uint32_t slot : {0u, 1u, 2u, 5u, 6u, 9u}) map.append(slot);
    ck_assert_uint_eq(map.size(), 6);
    ck_assert(map.slot(1) == 0 && map.slot(3) == 2 && map.slot(4) == 5 && map.slot(6) == 9);
    ck_assert(map.sequence_of_slot(5) == 4 && map.sequence_of_slot(3) == 0);
    ck_assert(map.sequence_of_slot(7) == 0 && map.sequence_of_slot(9) == 6);
    ck_assert(map.sequence_of_slot(10) == 0);
    const uint32_t gone[] = {1, 4};
    map.remove(gone);
    ck_assert_uint_eq(map.size(), 4);
    ck_assert(map.slot(1) == 1 && map.slot(3) == 6 && map.sequence_of_slot(0) == 0);
    map.append(10);
    ck_assert(map.slot(5) == 10 && map.sequence_of_slot(10) == 5);
}
END_TEST

START_TEST(directories_lie_where_cyrus_has_them)
{
    PathOptions options;
    options.partitions = {{"default", "/s"}};
    ASSERT_EQ_TEXT(*mailbox_directory(options, entry_of("user.bob.Sent")), "/s/user/bob/Sent");
    options.hashed = true;
    ASSERT_EQ_TEXT(*mailbox_directory(options, entry_of("user.bob.Sent")), "/s/b/user/bob/Sent");
    ASSERT_EQ_TEXT(*mailbox_directory(options, entry_of("user.9x")), "/s/q/user/9x");
    ASSERT_EQ_TEXT(*mailbox_directory(options, entry_of("shared")), "/s/s/shared");
    ASSERT_EQ_TEXT(*mailbox_directory(options, entry_of("dom.org!user.bob")),
                   "/s/domain/d/dom.org/b/user/bob");
    ASSERT_CODE(mailbox_directory(options, entry_of("user.bob", "1", "none")), Code::not_found);
    ASSERT_EQ_TEXT(name_of_directory(options, "b/user/bob/Sent"), "user.bob.Sent");
    ASSERT_EQ_TEXT(name_of_directory(options, "domain/d/dom.org/b/user/bob"), "dom.org!user.bob");
    ASSERT_EQ_TEXT(*user_file("/c", "b.ob@dom.org", ".seen", false),
                   "/c/domain/d/dom.org/user/b/b^ob.seen");
    ASSERT_CODE(user_file("/c", "../x", ".seen", false), Code::bad_name);
    ASSERT_CODE(user_file("/c", "", ".seen", false), Code::bad_name);
}
END_TEST

START_TEST(seen_state_is_kept_by_user_and_mailbox)
{
    TempDir dir;
    SeenStore seen(dir.path(), false);
    uint64_t before = seen.stamp("ann");
    ck_assert(seen.get("ann", "id1")->uids.empty());
    auto add = [&](const char* id, uint32_t uid) {
        ASSERT_OK(seen.update("ann", id, [&](SeenState& s) {
            s.uids.add(uid);
            return true;
        }));
    };
    add("id1", 4);
    add("id2", 5);
    add("id1", 6);
    ASSERT_EQ_TEXT(seen.get("ann", "id1")->uids.to_string(), "4,6");
    ASSERT_EQ_TEXT(seen.get("ann", "id2")->uids.to_string(), "5");
    ck_assert(seen.get("ben", "id1")->uids.empty());
    ck_assert(seen.stamp("ann") != before);
    auto path = user_file(dir.path(), "ann", ".seen", false);
    ASSERT_OK(replace_file(*path, "garbage\n"));
    // Put aside: nothing was seen, and it can be kept again.
    ck_assert(seen.get("ann", "id1")->uids.empty());
    add("id1", 7);
    ASSERT_EQ_TEXT(seen.get("ann", "id1")->uids.to_string(), "7");
    ASSERT_OK(replace_file(*path, "rookery seen 1\nid1 broken\nid2 1 2 3 1:5\n"));
    ck_assert(seen.get("ann", "id1")->uids.empty());
    add("id1", 8);
    ASSERT_EQ_TEXT(seen.get("ann", "id1")->uids.to_string(), "8");
    ASSERT_EQ_TEXT(seen.get("ann", "id2")->uids.to_string(), "1:5");
}
END_TEST

// What a message becomes when it is written in pieces of each size.
std::string staged(const std::string& text, size_t piece)
{
    TempDir dir;
    auto file = StagedFile::create(dir.path());
    ASSERT_OK(file);
    for (size_t at = 0; at < text.size(); at += piece)
        ASSERT_OK((*file)->write(text.substr(at, piece)));
    auto facts = (*file)->finish();
    ASSERT_OK(facts);
    auto bytes = (*file)->map();
    ASSERT_OK(bytes);
    MessageFacts expected = examine(*bytes);
    ck_assert(facts->guid == expected.guid && facts->size == expected.size);
    ck_assert_uint_eq(facts->header_size, expected.header_size);
    return std::string(*bytes);
}

START_TEST(staging_makes_every_line_end_a_crlf)
{
    for (size_t piece : {1u, 2u, 3u, 100u}) {
        ASSERT_EQ_TEXT(staged("A: b\r\n\r\nx\r\n", piece), "A: b\r\n\r\nx\r\n");
        ASSERT_EQ_TEXT(staged("A: b\n\nx\n", piece), "A: b\r\n\r\nx\r\n");
        ASSERT_EQ_TEXT(staged("a\rb\r\rc\n\r\nd\r", piece), "a\rb\r\rc\r\n\r\nd\r");
        ASSERT_EQ_TEXT(staged("A: b\r\n\r\r\nx\r\n\r\ny", piece), "A: b\r\n\r\r\nx\r\n\r\ny");
        ASSERT_EQ_TEXT(staged("no header", piece), "no header");
        ASSERT_EQ_TEXT(staged("\r\nbody", piece), "\r\nbody");
        ASSERT_EQ_TEXT(staged("", piece), "");
    }
    std::string large(1'000'000, 'x');
    ck_assert(staged(large, 100'000) == large);
    ck_assert(staged(large, 999) == large);
}
END_TEST

START_TEST(staging_refuses_nul_and_leaves_no_file)
{
    TempDir dir;
    std::string path;
    {
        auto file = StagedFile::create(dir.path());
        ASSERT_OK(file);
        path = (*file)->path();
        ASSERT_OK((*file)->write("a"));
        ASSERT_CODE((*file)->write(std::string_view("b\0c", 3)), Code::syntax);
        ASSERT_CODE((*file)->write("d"), Code::syntax);
        ASSERT_CODE((*file)->finish(), Code::syntax);
        ck_assert(::access(path.c_str(), F_OK) == 0);
    }
    ck_assert(::access(path.c_str(), F_OK) != 0);
}
END_TEST

START_TEST(the_guid_is_the_sha1_of_the_message)
{
    MessageFacts facts = examine("abc");
    ASSERT_EQ_TEXT(hex({facts.guid.data(), facts.guid.size()}),
                   "a9993e364706816aba3e25717850c26c9cd0d89d");
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("imap/store files");
    TCase* tc = tcase_create("files");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, index_records_and_header_come_back_as_they_were_written);
    tcase_add_test(tc, a_newer_index_is_refused_with_its_own_code);
    tcase_add_test(tc, the_index_file_grows_and_finds_uids);
    tcase_add_test(tc, the_header_file_keeps_its_values_and_notices_damage);
    tcase_add_test(tc, cache_entries_are_believed_only_when_intact_and_of_this_message);
    tcase_add_test(tc, orders_that_were_read_are_found_again);
    tcase_add_test(tc, sums_are_those_of_zlib);
    tcase_add_test(tc, uid_sets_merge_split_and_read_back);
    tcase_add_test(tc, slot_maps_number_messages_across_gaps);
    tcase_add_test(tc, directories_lie_where_cyrus_has_them);
    tcase_add_test(tc, seen_state_is_kept_by_user_and_mailbox);
    tcase_add_test(tc, staging_makes_every_line_end_a_crlf);
    tcase_add_test(tc, staging_refuses_nul_and_leaves_no_file);
    tcase_add_test(tc, the_guid_is_the_sha1_of_the_message);
    suite_add_tcase(suite, tc);
    return suite;
}
const rookery::test::Registered suite(make);

}  // namespace
