# What every chapter needs: checks that print one line, the rig, and the truth about what it draws.
set -uo pipefail
export NO_COLOR=1 HOME=/root CURTAIL_OPERATOR=demo CURTAIL_NODE=site/s1/rack/r1
cd /
ok() { printf 'ok      %s\n' "$*"; }
note() { printf 'note    %s\n' "$*"; }
fail() { printf 'FAILED  %s\n' "$*"; exit 1; }
# check NAME COMMAND…
check() { local name=$1; shift; "$@" >/tmp/out 2>&1 && ok "$name" || fail "$name: $(tail -c 600 /tmp/out)"; }
# code NAME CODE COMMAND…: it ends with that exit code
code() { local name=$1 wanted=$2; shift 2; "$@" >/tmp/out 2>&1; local rc=$?; [ "$rc" = "$wanted" ] && ok "$name" || fail "$name: $rc instead of $wanted: $(tail -c 600 /tmp/out)"; }
# Milliseconds of a clock that nobody sets.
now() { awk '{printf "%d", $1 * 1000}' /proc/uptime; }
begun=$(now)
# How many times slower than an ordinary machine this one is, from 1: deadlines are for an ordinary one. Measured, because an emulated one is 30 to
# 100 times slower. The first start fills the disk's cache, the second counts; a quarter second is ordinary.
pace=1
measure_pace() {
  local from; curtaild --version >/dev/null; from=$(now); curtaild --version >/dev/null
  pace=$((($(now) - from + 249) / 250)); [ "$pace" -ge 1 ] || pace=1
  [ "$pace" = 1 ] || note "this machine is $pace times slower than an ordinary one, and has as much more time"
}
command -v curtaild >/dev/null && measure_pace
# within NAME SECONDS COMMAND…: prints how long it took
within() {
  local name=$1 limit=$2 from; from=$(now); shift 2
  limit=$((limit * pace))
  until "$@" >/tmp/out 2>&1; do
    [ $(($(now) - from)) -lt $((limit * 1000)) ] || fail "$name: not within $limit s: $(tail -c 600 /tmp/out)"
    sleep 0.2
  done
  ok "$name ($(awk "BEGIN{printf \"%.1f\", ($(now) - $from) / 1000}") s)"
}
pid() { systemctl show --property MainPID --value curtaild; }
truth() { curtaild sim --at /var/lib/rig truth --json | grep -o '"powerW":[0-9.]*' | head -1 | cut -d: -f2 | cut -d. -f1; }
below() { [ "$(truth)" -le "$1" ]; }
status() { curtailctl --json status | grep -o "\"$1\":[^,]*" | head -1 | cut -d: -f2 | tr -d '"'; }
is() { [ "$(status "$1")" = "$2" ]; }
active() { [ "$(systemctl is-active curtaild)" = active ] && [ "$(pid)" != "${1:-0}" ]; }
rig() {
  systemctl reset-failed rig.service 2>/dev/null; systemd-run --quiet --unit rig --property Restart=on-failure curtaild sim --asics 6 --dir /var/lib/rig --broker
  measure_pace
  within "the rig runs" 20 curtaild sim --at /var/lib/rig truth --json
  CURTAIL_BROKER=$(grep -o 'mqtt://[0-9.:]*' /var/lib/rig/config.yaml | head -1); export CURTAIL_BROKER
}
# The rig's configuration with the usual paths, and a password that only root can read. The rig's ports are others after each boot.
configure() {
  sed -e '/^paths:/,$d' -e 's/failsafeLimitW:.*/failsafeLimitW: 4000/' \
    -e 's/^  heartbeat: required/&\n  username: rack\n  passwordFile: \/run\/credentials\/curtaild.service\/mqtt/' /var/lib/rig/config.yaml > /etc/curtaild/config.yaml
  chown root:curtaild /etc/curtaild/config.yaml; chmod 640 /etc/curtaild/config.yaml
}
# A cycle takes as much longer as all else: the watchdog waits for it as it would on an ordinary machine.
patient() { [ "$pace" = 1 ] || printf '[Service]\nWatchdogSec=%d\nTimeoutStartSec=%d\nTimeoutStopSec=%d\n' $((6 * pace)) $((60 * pace)) $((30 * pace)) > /etc/systemd/system/curtaild.service.d/slow.conf; }
heartbeat() { systemctl reset-failed heartbeat.service 2>/dev/null; systemd-run --quiet --unit heartbeat --setenv=CURTAIL_BROKER="$CURTAIL_BROKER" --setenv=CURTAIL_OPERATOR=demo --setenv=CURTAIL_NODE="$CURTAIL_NODE" --setenv=HOME=/root curtailctl operator heartbeat; }
finish() { printf 'end of %s after %d s\n' "$(cat /shared/chapter)" $((($(now) - begun) / 1000)); }
