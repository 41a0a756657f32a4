// RFC 6609, include: scripts that are several.
#include "tests/unit/imap/sieve/cases.h"
#include "tests/unit/unit.h"

namespace {

using rookery::test::FakeWorld;
using rookery::test::SieveCase;

const SieveCase kRows[] = {
    {"3.2 include", "require \"include\"; include \"file\";", "fileinto \"a\""},
    {"3.2 :personal is the default", "require \"include\"; include \"where\";", "discard"},
    {"3.2 :global", "require \"include\"; include :global \"where\";", "redirect \"a@b.c\""},
    {"3.2 both places", "require \"include\"; include :global :personal \"where\";",
     "!location was given already"},
    {"3.2 not there", "require \"include\"; include \"none\";", "!run: there is no script none"},
    {"3.2 not there, :optional", "require \"include\"; include :optional \"none\";", "keep"},
    {"3.2 broken, though :optional", "require \"include\"; include :optional \"broken\";", "!run:"},
    {"3.2 :once",
     "require \"include\"; include \"count\"; include :once \"count\"; include :once "
     "\"count\";",
     "addheader \"X\" \"1\"; keep"},
    {"3.2 twice without :once", "require \"include\"; include \"count\"; include \"count\";",
     "addheader \"X\" \"1\"; addheader \"X\" \"1\"; keep"},
    {"3.2 its own require", "require [\"include\", \"fileinto\"]; include \"norequire\";",
     "!run: 1:1: 'fileinto' needs require"},
    {"3.1 no recursion", "require \"include\"; include \"self\";",
     "!run: the script personal/self includes itself"},
    {"3.1 no recursion by two", "require \"include\"; include \"ping\";",
     "!run: the script personal/ping includes itself"},
    {"3.2 no path", "require \"include\"; include \"../a\";", "!cannot be the name of a script"},
    {"3.2 no control", "require \"include\"; include \"a\nb\";", "!cannot be the name of a script"},
    {"3.2 no variables in its name", "require [\"include\", \"variables\"]; include \"${a}\";",
     "!run: there is no script ${a}"},
    {"3.2 stop ends all", "require \"include\"; include \"stop\"; discard;", "keep"},
    {"3.3 return ends one", "require \"include\"; include \"return\"; discard;", "discard"},
    {"3.3 return in the first is stop", "require \"include\"; return; discard;", "keep"},
    {"INBOX, flags and folder",
     "require [\"include\", \"imap4flags\", \"fileinto\"]; setflag \"a\"; "
     "fileinto \"INBOX\"; include \"flag\";",
     "fileinto \"INBOX\" :flags \"b\"; fileinto \"x\" "
     ":flags \"b\""},
    {"3.4 variables are a script's own",
     "require [\"include\", \"variables\"]; set \"v\" \"1\"; "
     "include \"usev\";",
     "keep"},
    {"3.4.1 global",
     "require [\"include\", \"variables\"]; global \"v\"; set \"v\" \"1\"; include "
     "\"usev\";",
     "discard"},
    {"3.4.1 from an included one",
     "require [\"include\", \"variables\", \"fileinto\"]; global \"w\"; "
     "include \"setw\"; fileinto \"${w}\";",
     "fileinto \"42\""},
    {"3.4.2 global.",
     "require [\"include\", \"variables\"]; set \"global.v\" \"1\"; include "
     "\"usev\";",
     "discard"},
    {"3.4.2 no more below", "require [\"include\", \"variables\"]; set \"global.a.b\" \"1\";",
     "!is not the name of a variable"},
    {"3.4.1 set before", "require [\"include\", \"variables\"]; set \"v\" \"1\"; global \"v\";",
     "!run: \"v\" was set before"},
    {"3.4.1 needs variables", "require \"include\"; global \"v\";", "!needs require \"variables\""},
    {"3.4.1 no match variable", "require [\"include\", \"variables\"]; global \"1\";",
     "!cannot be made global"},
    {"must be required", "include \"a\";", "!needs require \"include\""},
};

void fill(FakeWorld& world)
{
    world.personal = {
        {"file", "require \"fileinto\"; fileinto \"a\";"},
        {"where", "discard;"},
        {"broken", "foo"},
        {"norequire", "fileinto \"a\";"},
        {"count", "require \"editheader\"; addheader \"X\" \"1\";"},
        {"self", "require \"include\"; include \"self\";"},
        {"ping", "require \"include\"; include \"pong\";"},
        {"pong", "require \"include\"; include :optional \"ping\";"},
        {"stop", "stop;"},
        {"return", "require \"include\"; if true { return; } redirect \"a@b.c\";"},
        {"flag", "require [\"imap4flags\", \"fileinto\"]; setflag \"b\"; keep; fileinto \"x\";"},
        {"usev", "require [\"include\", \"variables\"]; global \"v\"; if string \"${v}\" \"1\" { "
                 "discard; }"},
        {"setw", "require [\"include\", \"variables\"]; global \"w\"; set \"w\" \"42\";"},
    };
    for (int i = 0; i < 20; ++i)
        world.personal["deep" + std::to_string(i)] =
            "require \"include\"; include \"deep" + std::to_string(i + 1) + "\";";
    world.personal["deep20"] = "discard;";
    world.global = {{"where", "redirect \"a@b.c\";"}};
}

START_TEST(rows)
{
    FakeWorld world;
    fill(world);
    rookery::test::check_case(kRows[_i], world);
}
END_TEST

START_TEST(depth)
{
    FakeWorld world;
    fill(world);
    ASSERT_EQ_TEXT(rookery::test::outcome("require \"include\"; include \"deep11\";", world),
                   "discard");
    ASSERT_EQ_TEXT(rookery::test::outcome("require \"include\"; include \"deep10\";", world),
                   "!run: scripts include each other too deeply");
    rookery::sieve::Limits limits;
    limits.includes = 2;
    const std::string two = "require \"include\"; include \"count\"; include \"count\";";
    ASSERT_EQ_TEXT(rookery::test::outcome(two, world, limits),
                   "addheader \"X\" \"1\"; addheader \"X\" \"1\"; keep");
    ASSERT_EQ_TEXT(rookery::test::outcome(two + "include \"count\";", world, limits),
                   "!run: too many scripts are included");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/sieve/rfc6609");
    TCase* c = tcase_create("all");
    tcase_add_loop_test(c, rows, 0, static_cast<int>(std::size(kRows)));
    tcase_add_test(c, depth);
    suite_add_tcase(s, c);
    return s;
}

const rookery::test::Registered suite(make);

}  // namespace
