within "after the power cut the service is up by itself" 20 active
within "and answers" 10 curtailctl status
curtailctl --json grid show | grep -q '"powerW":3000' && ok "what was kept is still there" || fail "$(curtailctl grid show)"
is storage ok && ok "the disk is in order" || fail "$(curtailctl status)"
rig; configure; check "restart, to the rig's new ports" systemctl restart curtaild
within "the rack is under the smaller limit" 60 below 3000
echo 'curtaild curtaild/on-remove select sleep' | debconf-set-selections
check "removed, with the rack put to sleep" env DEBIAN_FRONTEND=noninteractive dpkg --remove curtaild
[ -d /var/lib/curtaild ] && [ -e /etc/curtaild/config.yaml ] && ok "state and configuration stay" || fail "removal took state or configuration"
[ -e /usr/bin/curtailctl ] && fail "the program is still there" || ok "the program is gone"
check "purged" env DEBIAN_FRONTEND=noninteractive dpkg --purge curtaild
[ -e /etc/curtaild ] || [ -e /var/lib/curtaild ] && fail "purge left something" || ok "nothing is left"
finish
