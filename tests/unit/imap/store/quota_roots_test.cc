// Quota roots whose file is lost or damaged: made again from their copy, by whoever meets it first.
#include "imap/store/quota_roots.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <functional>
#include <optional>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::store;
using namespace rookery::test;
using mailbox::QuotaLimits;
using mailbox::Resource;

model::MailboxName name_of(const std::string& internal)
{
    auto name = model::MailboxName::from_internal(internal);
    ASSERT_OK(name);
    return *name;
}

QuotaLimits limits_of(uint64_t kilobytes, uint64_t messages)
{
    QuotaLimits limits;
    limits[Resource::storage] = kilobytes;
    limits[Resource::message] = messages;
    return limits;
}

std::string bytes_of(const std::string& path)
{
    auto bytes = read_file(path, 1 << 24);
    ASSERT_OK(bytes);
    return *bytes;
}

// In place, as a shell's redirection does: whoever has the file open sees it.
void overwrite(const std::string& path, const std::string& bytes)
{
    auto file = open_file(path, O_WRONLY | O_TRUNC);
    ASSERT_OK(file);
    ASSERT_OK(write_all(file->get(), bytes));
}

std::string newer(std::string bytes)
{
    const size_t flat = bytes.find("#flat 1");
    if (flat != bytes.npos) {
        bytes[flat + 6] = '9';
        return bytes;
    }
    const size_t magic = bytes.find("RkDB");
    ck_assert(magic != bytes.npos);
    bytes[magic + 4] = 99;
    return bytes;
}

struct Fault {
    const char* name;
    std::function<void(const std::string& path)> make;
    bool flat_notices = true;
};

const std::vector<Fault>& faults()
{
    static const std::vector<Fault> all = {
        {"lost", [](const std::string& p) { ck_assert_int_eq(::unlink(p.c_str()), 0); }},
        {"empty", [](const std::string& p) { overwrite(p, ""); }},
        // Behind it tdb may have nothing but room.
        {"torn",
         [](const std::string& p) {
             const size_t at = bytes_of(p).find("STORAGE");
             ck_assert(at != std::string::npos);
             ck_assert_int_eq(::truncate(p.c_str(), static_cast<off_t>(at)), 0);
         },
         false},  // a shorter text is a text
        {"garbage", [](const std::string& p) { overwrite(p, std::string(4096, 'x')); }},
        {"newer", [](const std::string& p) { overwrite(p, newer(bytes_of(p))); }},
    };
    return all;
}

struct Roots {
    TempDir dir;
    bool flat;
    config::Config config;

    explicit Roots(bool is_flat) : flat(is_flat), config(make(dir, is_flat)) {}
    static config::Config make(const TempDir& dir, bool flat)
    {
        auto made = config::Config::from_text(
            cat("configdirectory: ", dir.path(), "\nquota_db: ", flat ? "flat" : "tdb", "\n"),
            "test");
        ASSERT_OK(made);
        return *std::move(made);
    }
    std::string path() const { return dir.file(flat ? "quotas.flat" : "quotas.tdb"); }
    std::string copy() const { return dir.file("quotas.limits"); }
    // Files that were put aside.
    size_t aside() const
    {
        size_t n = 0;
        DIR* d = ::opendir(dir.path().c_str());
        while (const dirent* e = ::readdir(d))
            if (std::string_view(e->d_name).find(".damaged-") != std::string_view::npos) ++n;
        ::closedir(d);
        return n;
    }
};

void expect_roots(QuotaRoots& roots, const std::string& what)
{
    auto bob = roots.get(name_of("user.bob"));
    ck_assert_msg(bob.ok() && *bob == limits_of(100, 7), "%s: user.bob", what.c_str());
    auto empty = roots.get(name_of("user.no limit"));
    ck_assert_msg(empty.ok() && *empty == QuotaLimits{}, "%s: no limits", what.c_str());
    std::string names;
    ASSERT_OK(roots.each([&](const auto& name) { cat_to(names, name.internal(), ','); }));
    ASSERT_EQ_TEXT(names, "dom.org!user.ann,user.bob,user.no limit,");
    ASSERT_CODE(roots.get(name_of("user.other")), Code::not_found);
}

void fill(QuotaRoots& roots)
{
    ASSERT_OK(roots.set(name_of("user.bob"), limits_of(100, 7)));
    ASSERT_OK(roots.set(name_of("user.no limit"), {}));
    ASSERT_OK(roots.set(name_of("dom.org!user.ann"), limits_of(1, 2)));
    ASSERT_OK(roots.set(name_of("user.gone"), limits_of(1, 2)));
    ASSERT_OK(roots.remove(name_of("user.gone")));
}

void meet(const Fault& fault, bool flat, bool was_open, bool verify)
{
    const std::string what =
        cat(fault.name, flat ? " flat" : " tdb", was_open ? " open" : "", verify ? " verify" : "");
    Roots r(flat);
    std::optional<QuotaRoots> roots(r.config);
    fill(*roots);
    if (!was_open) roots.emplace(r.config);
    fault.make(r.path());
    if (verify) ASSERT_OK(roots->verify());
    expect_roots(*roots, what);
    ASSERT_OK(roots->set(name_of("user.new"), limits_of(5, 5)));
    ck_assert_msg(roots->has(name_of("user.new")), "%s: set", what.c_str());
    roots.emplace(r.config);
    ck_assert_msg(roots->has(name_of("user.new")), "%s: kept", what.c_str());
    ck_assert_msg(r.aside() == (std::string_view(fault.name) == "lost" ? 0u : 1u), "%s: aside",
                  what.c_str());
}

START_TEST(every_fault_is_mended_by_whoever_meets_it)
{
    for (const Fault& fault : faults())
        for (bool flat : {false, true})
            for (bool was_open : {false, true})
                for (bool verify : {false, true})
                    if (!flat || fault.flat_notices) meet(fault, flat, was_open, verify);
}
END_TEST

START_TEST(without_a_copy_the_limits_are_lost_and_mail_goes_on)
{
    for (const Fault& fault : faults()) {
        Roots r(false);
        {
            QuotaRoots roots(r.config);
            fill(roots);
        }
        ck_assert_int_eq(::unlink(r.copy().c_str()), 0);
        fault.make(r.path());
        QuotaRoots roots(r.config);
        ASSERT_OK(roots.verify());
        ASSERT_CODE(roots.get(name_of("user.bob")), Code::not_found);
        ASSERT_OK(roots.set(name_of("user.bob"), limits_of(100, 7)));
        ck_assert(roots.has(name_of("user.bob")));
    }
}
END_TEST

START_TEST(a_damaged_copy_is_written_again)
{
    for (const Fault& fault : faults()) {
        if (std::string_view(fault.name) == "newer") continue;
        Roots r(false);
        {
            QuotaRoots roots(r.config);
            fill(roots);
        }
        const std::string good = bytes_of(r.copy());
        fault.make(r.copy());
        QuotaRoots roots(r.config);
        expect_roots(roots, fault.name);
        ASSERT_OK(roots.verify());
        ASSERT_EQ_TEXT(bytes_of(r.copy()), good);
    }
}
END_TEST

START_TEST(a_line_that_was_cut_gives_no_limit)
{
    Roots r(false);
    ASSERT_OK(replace_file(r.copy(), "rookery quotas 1\nuser.ann\tSTORAGE 5\nnonsense\n"
                                     "user.bob\tSTORAGE many\nuser.eve\tSTORAGE 10"));
    QuotaRoots roots(r.config);
    ck_assert(roots.has(name_of("user.ann")));
    ck_assert(!roots.has(name_of("user.bob")) && !roots.has(name_of("user.eve")));
}
END_TEST

START_TEST(nothing_is_made_where_there_are_no_roots)
{
    Roots r(false);
    QuotaRoots roots(r.config);
    ASSERT_CODE(roots.get(name_of("user.bob")), Code::not_found);
    ASSERT_OK(roots.remove(name_of("user.bob")));
    ASSERT_OK(roots.verify());
    ck_assert(::access(r.path().c_str(), F_OK) != 0 && ::access(r.copy().c_str(), F_OK) != 0);
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("imap/store quota roots");
    TCase* tc = tcase_create("quota roots");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, every_fault_is_mended_by_whoever_meets_it);
    tcase_add_test(tc, without_a_copy_the_limits_are_lost_and_mail_goes_on);
    tcase_add_test(tc, a_damaged_copy_is_written_again);
    tcase_add_test(tc, a_line_that_was_cut_gives_no_limit);
    tcase_add_test(tc, nothing_is_made_where_there_are_no_roots);
    suite_add_tcase(suite, tc);
    return suite;
}

const Registered suite(make);

}  // namespace
