# The machine comes up after the plug was pulled, with a clock whose battery is dead. Time decides nothing that would raise.
within "after the pulled plug, in 1970, the service is up by itself" 60 active
within "and answers" 60 curtailctl status
ok "the clock says $(date -u +%Y)"
is storage ok && ok "the disk is in order" || fail "$(curtailctl status)"
curtailctl --json grid show | grep -q '"powerW":3000' && ok "the technician's limit is still there" || fail "$(curtailctl grid show)"
code "the journal is whole over the pulled plug" 0 curtailctl journal verify
rig; configure; sed -i 's/^  clock: assumed/  clock: kernel/' /etc/curtaild/config.yaml
date -u --set '1970-01-01 00:00:30' >/dev/null
check "restart in 1970, with a clock that nobody vouches for" systemctl restart curtaild
within "it says that its clock is not to be believed" 30 is clock unsynced
within "the rack is under the smallest of its limits" 120 below 3000
heartbeat
check "the technician's limit ends" curtailctl --yes limit clear
curtailctl operator allocate --limit 9kW --short > /tmp/allocated 2>&1; note "the grid's allocation: $(tail -1 /tmp/allocated)"
sleep 10
[ "$(status effectiveLimitW)" -le 4000 ] && below 4100 && ok "no allocation raises it before the time is known" || fail "$(curtailctl status)"
curtailctl doctor > /tmp/doctor 2>&1; grep -q 'clock: not synchronised' /tmp/doctor && ok "doctor names the clock" || fail "$(cat /tmp/doctor)"
check "a limit for the next boot" curtailctl --yes limit 3kW
date -u --set '2026-06-01 12:00:00' >/dev/null
sleep 5; within "the clock jumps by 56 years, and it goes on" 20 curtailctl status
code "the journal is whole over the jump" 0 curtailctl journal verify
finish
