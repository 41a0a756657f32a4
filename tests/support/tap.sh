# TAP for a test that is a shell script, which reads this file first:
#
#   . "${top_srcdir:-.}/tests/support/tap.sh"
#   tap "what is so" $status       # one case: 0 is ok
#   tap_skip "what is so" reason
#   tap_end                        # the plan, and the exit status
#
# Whatever else the script prints goes to standard error.
exec 5>&1 1>&2
tap_count=0
tap_status=0
tap() {
    tap_count=$((tap_count + 1))
    if [ "$2" -eq 0 ]; then
        echo "ok $tap_count - $1" >&5
    else
        echo "# failed $1"
        echo "not ok $tap_count - $1" >&5
        tap_status=1
    fi
}
tap_skip() {
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1 # SKIP $2" >&5
}
tap_end() {
    echo "1..$tap_count" >&5
    exit "$tap_status"
}
