# The machine came up by itself; then the plug is pulled: this chapter never ends.
within "after the reboot the service is up by itself" 20 active
within "and answers" 10 curtailctl status
curtailctl --json grid show | grep -q '"powerW":3000' && ok "the technician's limit is still there" || fail "$(curtailctl grid show)"
rig; configure; check "restart, to the rig's new ports" systemctl restart curtaild
within "the rack is under the smaller limit" 60 below 3000
ok "now the plug is pulled"
sleep 600
