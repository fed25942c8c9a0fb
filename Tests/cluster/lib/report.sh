# shellcheck shell=bash
# Runs named cases, prints one line for each, and the numbers at the end.

passed=0
failed=0
skipped=0
stage=

# run_case FUNCTION TITLE: runs a case in its own shell and its own namespace.
run_case() {
  local function=$1 title=$2 output=$work/case.log began status took word
  [[ "$stage $function $title" =~ $only ]] || return 0
  ns=polypod-test-$(printf '%s' "${function#case_}" | tr '_' '-')-$stage
  began=$(date +%s%N)
  # The subshell is not a condition, because a condition disables 'set -e' inside.
  set +e
  (
    set -e
    make_namespace "$ns"
    "$function"
  ) >"$output" 2>&1
  status=$?
  set -e
  took=$((($(date +%s%N) - began) / 100000000))
  case $status in
    0) word=PASS passed=$((passed + 1)) ;;
    77) word=SKIP skipped=$((skipped + 1)) ;;
    *) word=FAIL failed=$((failed + 1)) ;;
  esac
  printf '%s  %-7s  %-78s %3d.%d s\n' "$word" "$stage" "$title" $((took / 10)) $((took % 10))
  case $word in
    SKIP) printf '      %s\n' "$(tail -n 1 "$output")" ;;
    FAIL)
      show_failure "$output"
      kubectl get --raw /readyz >/dev/null 2>&1 || stop_early
      ;;
  esac
  remove_namespace "$ns"
}

show_failure() {
  {
    tail -n 16 "$1"
    echo "--- pods of $ns"
    kubectl -n "$ns" get pods -o wide 2>&1 | head -n 8
    kubectl -n "$ns" get events --sort-by=.metadata.creationTimestamp 2>/dev/null |
      grep -vE 'Pulled|MissingClusterDNS|Scheduled' | tail -n 5
    echo "--- the webhook"
    webhook_log | tail -n 3
  } 2>&1 | cut -c 1-320 | sed 's/^/      | /' || true
}

# Ends the run, because further cases cannot give a result.
stop_early() {
  echo "the API server no longer answers; the cases after this one were not run"
  summary
  exit 1
}

skip() {
  printf '%s\n' "$*"
  exit 77
}

summary() {
  [ "$skipped" -eq 0 ] || printf '%d skipped\n' "$skipped"
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

# expect WHAT ACTUAL EXPECTED
expect() {
  [ "$2" = "$3" ] && return 0
  printf '%s\n  is   %s\n  not  %s\n' "$1" "$2" "$3"
  return 1
}

# expect_match WHAT TEXT REGEX
expect_match() {
  grep -qE -- "$3" <<<"$2" && return 0
  printf '%s\n  is       %s\n  without  %s\n' "$1" "$2" "$3"
  return 1
}

# eventually SECONDS WHAT COMMAND...: repeats the command until it succeeds or the time is over.
eventually() {
  local seconds=$1 what=$2 end
  shift 2
  end=$((SECONDS + seconds))
  until "$@" >"$work/poll.log" 2>&1; do
    if [ "$SECONDS" -ge "$end" ]; then
      printf 'not within %s s: %s\n' "$seconds" "$what"
      tail -n 3 "$work/poll.log"
      return 1
    fi
    sleep 0.3
  done
}
