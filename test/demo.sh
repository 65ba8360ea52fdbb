#!/usr/bin/env bash
# The demo as a stranger runs it, from the outside: what it prints, how it ends, what it leaves behind. Prints TAP.
#   test/demo.sh [SHARED_DATA]
set -uo pipefail
cd "$(dirname "$0")/.."
ROOT=$PWD
SHARED_DATA=$(realpath -m "${1:-../shared/data}")
WORK=$(mktemp -d)
export TMPDIR=$WORK/tmp
mkdir "$TMPDIR"
chmod 755 "$WORK" "$TMPDIR"
trap 'rm -rf "$WORK"' EXIT

count=0
check() { # check NAME COMMAND... : passes if the command does
  count=$((count + 1))
  if "${@:2}"; then echo "ok $count - $1"; else
    echo "not ok $count - $1"
    sed 's/^/# /' "$WORK/out" "$WORK/err"
  fi
}
skip() { count=$((count + 1)) && echo "ok $count - # SKIP $1"; }

demo() {
  (cd "$WORK" && "$ROOT/scripts/demo" "$@") >"$WORK/out" 2>"$WORK/err"
  STATUS=$?
}
ended_with() { [ "$STATUS" = "$1" ]; }
says() { grep -qE -- "$1" "$WORK/out"; }
complains() { grep -qF -- "$1" "$WORK/err"; }
left_nothing() { [ -z "$(ls -A "$TMPDIR")" ]; }

demo --events 20000 --seed 7
check 'a made-up shop: it ends well' ended_with 0
check 'its sessions are the true ones' says '^ sessions +identical +100\.00% '
check 'no two people are put together' says '^ identity +precision +100\.00% '
check 'and nearly all who logged in are recognised' says '^ +recall +(9[5-9]|100)\.'
check 'each model hands out as many sign-ups as there are' \
  says '^ +all ([0-9,]+) sign-ups │ +\1\.0 │ +\1\.0 │ +\1\.0$'
check 'the way to the order has four steps' says '^ +the order +│ +[0-9,]+ │ +[0-9.]+ │ +0 │'
check 'the months of those who come back are there' says '^ +20[0-9]{2}-[01][0-9] +│ +[0-9,]+ │ +[0-9.]+ │'
check 'it leaves nothing behind' left_nothing

# The same answers and the same truth through the dbt package: all that is printed but the stages.
answers() { sed '/rows made/,/^$/d' "$1"; }
same_answers() { answers "$WORK/out" | diff "$WORK/by_sql" -; }
answers "$WORK/out" >"$WORK/by_sql"
demo --events 20000 --seed 7 --dbt
check 'with dbt: it ends well' ended_with 0
check 'the same answers, and the same truth' same_answers

demo --live --events 5000 --seconds 3
check 'live: it ends well' ended_with 0
check 'all who came are in sessions' says '([0-9,]+) events came, and \1 more are in sessions'
check 'and were to be seen meanwhile' says '^ .* │ (live|new)-[0-9]+ +│ +1 │ +[1-4] │'
check 'it leaves nothing behind' left_nothing
demo --live --dbt
check 'live is by itself' ended_with 2

{ for seed in 7 7 8; do build/generate tracks --events 20000 --seed $seed | cksum; done; } >"$WORK/out"
check 'the same seed gives the same shop, another seed another' \
  [ "$(sort "$WORK/out" | uniq -c | awk '{ print $1 }' | sort | tr '\n' ' ')" = '1 2 ' ]

# By hand: a gap of exactly half an hour is none (Ann), a second more is one (Bob); Ann's first visit was anonymous.
printf '\xEF\xBB\xBF"who";"when (UTC)";"account";"the ""what""";"nr"\r\n' >"$WORK/own file.csv"
printf '%s\r\n' \
  'a1;2025-03-01 10:00:00;;View;7' \
  'a1;2025-03-01 10:00:00;;View;7' \
  'a1;2025-03-01 10:30:00;ann;Joined;8' \
  'b1;2025-03-01 10:00:00+01;bob;View;' \
  'b1;1740821401;bob;Joined;' \
  ';2025-03-01 11:00:00;;View;' \
  'b1;;bob;View;' >>"$WORK/own file.csv"
demo --csv 'own file.csv' --map 'visitor=who,ts=when (UTC),user=account,event=the "what",id=nr' --signup Joined
check 'an own file: it ends well' ended_with 0
check 'events of nobody, of no time or given twice are left out' says '^ +1 events +7 +4 '
check 'its sessions and visitors' says '^ +2 │ +3 │'
check 'one of two signed up in the first session' says '^ +1 +│ +1 │ +50\.0$'
check 'what has no data says so' says 'rfm +no data: there are no payments'
check 'and why' says 'without url=COL in --map all credit is \(unattributed\)'
check 'it has no truth to check against' eval '! says "truth"'
check 'it leaves nothing behind' left_nothing

if [ -d "$SHARED_DATA/webtrackR" ]; then
  demo --csv "$SHARED_DATA/webtrackR/testdt_tracking.csv" --map visitor=panelist_id,ts=timestamp,url=url
  check 'webtrackR: 579 sessions of 5 panelists' says '^ +5 │ +579 │'
else
  skip "$SHARED_DATA/webtrackR is absent"
fi

printf 'who,when\na,2025-03-01\nb,yesterday at noon\nc,soon\n' >"$WORK/bad.csv"
demo --csv bad.csv --map visitor=who,ts=when
check 'values that are no times end it' ended_with 1
check 'and are counted and shown' complains 'column "when": 2 of 3 values are no times; the first is "yesterday at noon", in row 2'
check 'it leaves nothing behind' left_nothing

demo --csv bad.csv --map visitor=person,ts=when
check 'a column that is not there' complains 'has no such column; it has who, when'
check 'is a misuse' ended_with 2
demo --csv absent.csv --map visitor=who,ts=when
check 'so is a file that is not there' ended_with 2
demo --csv bad.csv --map visitor=who
check 'a map without the time' ended_with 2
demo --events 0
check 'no events' ended_with 2
demo --evnets 5
check 'an option that is not there' ended_with 2
check 'which is named' complains '"--evnets"'

stopped() { # stopped TEXT OPTION... : the demo, half a second after it has said TEXT
  setsid scripts/demo "${@:2}" >"$WORK/out" 2>"$WORK/err" &
  group=$!
  until says "$1" || ! kill -0 $group 2>/dev/null; do sleep 0.1; done
  sleep 0.5
  kill -TERM -- -$group
  wait $group
  STATUS=$?
}
stopped 'rows read' --events 50000000 # into the loading of the events
check 'stopped half-way it ends' ended_with 130
check 'and leaves nothing behind' left_nothing
stopped 'came at' --live --events 1000
check 'stopped while people come it ends' ended_with 130
check 'and leaves nothing behind' left_nothing

echo "1..$count"
