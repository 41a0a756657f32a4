// RFC 5229, variables.
#include "tests/unit/imap/sieve/cases.h"
#include "tests/unit/unit.h"

namespace {

using rookery::test::SieveCase;

const SieveCase kRows[] = {
    {"3 a value", "require [\"variables\",\"fileinto\"]; set \"a\" \"x\"; fileinto \"${a}/${A}\";",
     "fileinto \"x/x\""},
    {"3 not set is empty", "require [\"variables\",\"fileinto\"]; fileinto \"a${b}c\";",
     "fileinto \"ac\""},
    {"3 not a reference",
     "require [\"variables\",\"fileinto\"]; set \"a\" \"x\"; fileinto \"${a ${} $a ${a}} ${-}\";",
     "fileinto \"${a ${} $a x} ${-}\""},
    {"3 no second time",
     "require [\"variables\",\"fileinto\"]; set \"a\" \"${\"; set \"b\" \"x\"; fileinto "
     "\"${a}b}\";",
     "fileinto \"${b}\""},
    {"3 without require", "require \"fileinto\"; fileinto \"${a}\";", "fileinto \"${a}\""},
    {"3 an unknown namespace", "require [\"variables\",\"fileinto\"]; fileinto \"${a.b}\";",
     "!\"a.b\" is not the name of a variable"},
    {"3 global. needs include", "require [\"variables\",\"fileinto\"]; fileinto \"${global.b}\";",
     "!needs require \"include\""},
    {"3 match variables",
     "require [\"variables\",\"fileinto\"]; if header :matches \"from\" \"* <*@*>\" { fileinto "
     "\"${1}|${2}|${3}|${0}\"; }",
     "fileinto \"Alice Alpha|alice+x|example.org|Alice Alpha <alice+x@example.org>\""},
    {"3.2 as few as it can",
     "require [\"variables\",\"fileinto\"]; if string :matches \"aXbXc\" \"*X*\" { fileinto "
     "\"${1}|${2}\"; }",
     "fileinto \"a|bXc\""},
    {"3.2 ? is one",
     "require [\"variables\",\"fileinto\"]; if string :matches \"abc\" \"??*\" { fileinto "
     "\"${1}|${2}|${3}\"; }",
     "fileinto \"a|b|c\""},
    {"3.2 case is kept",
     "require [\"variables\",\"fileinto\"]; if string :matches \"ABC\" \"a*\" { fileinto \"${1}\"; "
     "}",
     "fileinto \"BC\""},
    {"3.2 what is taken is as it stood, in any script",
     "require [\"variables\",\"fileinto\",\"comparator-i;unicode-casemap\"]; if string :matches "
     ":comparator \"i;unicode-casemap\" \"[X] kırmızı ɐé*\" \"[x] * É?*\" { stop; } "
     "if string :matches :comparator \"i;unicode-casemap\" \"[X] kırmızı ɐé*\" "
     "\"[x] *I Ɐ??\" { fileinto \"${1}|${2}|${3}\"; }",
     "fileinto \"kırmız|é|*\""},
    {"3.2 a match that fails sets nothing",
     "require [\"variables\",\"fileinto\"]; if string :matches \"ab\" \"a*\" {} if string :matches "
     "\"ab\" \"c*\" {} fileinto \"${1}\";",
     "fileinto \"b\""},
    {"3.2 a match replaces all",
     "require [\"variables\",\"fileinto\"]; if string :matches \"ab\" \"?*\" {} if string :matches "
     "\"z\" \"z\" {} fileinto \"x${1}${2}\";",
     "fileinto \"x\""},
    {"3.2 :is sets nothing",
     "require [\"variables\",\"fileinto\"]; if string \"ab\" \"ab\" {} fileinto \"x${0}\";",
     "fileinto \"x\""},
    {"3.2 an index that is not there",
     "require [\"variables\",\"fileinto\"]; if string :matches \"a\" \"*\" {} fileinto \"x${2}\";",
     "fileinto \"x\""},
    {"6 an index over the limit", "require [\"variables\",\"fileinto\"]; fileinto \"${33}\";",
     "!the match variable \"33\" is over"},
    {"4 set wants a name", "require [\"variables\",\"fileinto\"]; set \"a b\" \"c\";",
     "!\"a b\" is not the name"},
    {"4 set: no match variable", "require [\"variables\",\"fileinto\"]; set \"1\" \"c\";",
     "!a match variable cannot be set"},
    {"4 set: a constant name", "require [\"variables\",\"fileinto\"]; set \"${a}\" \"c\";",
     "!is not the name of a variable"},
    {"4 set: no namespace", "require [\"variables\",\"fileinto\"]; set \"a.b\" \"c\";",
     "!is not the name of a variable"},
    {"4 set keeps", "require [\"variables\",\"fileinto\"]; set \"a\" \"c\";", "keep"},
    {"4.1 :lower",
     "require [\"variables\",\"fileinto\"]; set :lower \"b\" \"juMBlEd lETteRS\"; fileinto "
     "\"${b}\";",
     "fileinto \"jumbled letters\""},
    {"4.1 :upper",
     "require [\"variables\",\"fileinto\"]; set :upper \"b\" \"aüz\"; fileinto \"${b}\";",
     "fileinto \"AüZ\""},
    {"4.1 :upperfirst after :lower",
     "require [\"variables\",\"fileinto\"]; set :upperfirst :lower \"b\" \"juMBlEd\"; fileinto "
     "\"${b}\";",
     "fileinto \"Jumbled\""},
    {"4.1 :lowerfirst",
     "require [\"variables\",\"fileinto\"]; set :lowerfirst \"b\" \"ABC\"; fileinto \"${b}\";",
     "fileinto \"aBC\""},
    {"4.1 :quotewildcard",
     "require [\"variables\",\"fileinto\"]; set :quotewildcard \"b\" \"R*?\\\\\"; fileinto "
     "\"${b}\";",
     "fileinto \"R\\\\*\\\\?\\\\\\\\\""},
    {"4.1 :length counts characters",
     "require [\"variables\",\"fileinto\"]; set :length \"b\" \"aüz\"; fileinto \"${b}\";",
     "fileinto \"3\""},
    {"4.1 :length of what was quoted",
     "require [\"variables\",\"fileinto\"]; set :length :quotewildcard \"b\" \"*\"; fileinto "
     "\"${b}\";",
     "fileinto \"2\""},
    {"4.1 two of one precedence",
     "require [\"variables\",\"fileinto\"]; set :lower :upper \"b\" \"x\";",
     "!precedence 40 was given already"},
    {"4.1 an unknown modifier", "require [\"variables\",\"fileinto\"]; set :middle \"b\" \"x\";",
     "!'set' has no tag ':middle'"},
    {"5 string",
     "require [\"variables\",\"fileinto\"]; set \"a\" \"x y\"; if string :contains \"${a}\" \"Y\" "
     "{ discard; }",
     "discard"},
    {"5 spaces are kept",
     "require [\"variables\",\"fileinto\"]; if string \" x\" \"x\" { discard; }", "keep"},
    {"5 :count leaves empty ones out",
     "require [\"variables\",\"relational\",\"comparator-i;ascii-numeric\"]; if string :count "
     "\"eq\" :comparator \"i;ascii-numeric\" [\"a\",\"\",\"b\"] \"2\" { discard; }",
     "discard"},
    {"a redirect is checked when its variable is known",
     "require \"variables\"; set \"a\" \"x\"; redirect \"${a}\";", "!run: \"x\" is not an address"},
    {"the encoded is decoded first",
     "require [\"variables\",\"encoded-character\",\"fileinto\"]; set \"a\" \"x\"; fileinto "
     "\"${hex:24}{a}\";",
     "fileinto \"x\""},
};

SIEVE_SUITE("imap/sieve/rfc5229", kRows)

}  // namespace
