within "after the power cut the service is up by itself" 20 active
within "and answers" 10 curtailctl status
curtailctl --json grid show | grep -q '"powerW":3000' && ok "what was kept is still there" || fail "$(curtailctl grid show)"
is storage ok && ok "the disk is in order" || fail "$(curtailctl status)"
rig; configure; check "restart, to the rig's new ports" systemctl restart curtaild
within "the rack is under the smaller limit" 60 below 3000
check "the one rack stops" systemctl stop curtaild
cp /etc/curtaild/config.yaml /etc/curtaild/r2.yaml; sed -i 's/curtaild.service/curtaild@r2.service/' /etc/curtaild/r2.yaml; chown root:curtaild /etc/curtaild/r2.yaml
mkdir -p /etc/systemd/system/curtaild@.service.d; cp /etc/systemd/system/curtaild.service.d/secrets.conf /etc/systemd/system/curtaild@.service.d/; systemctl daemon-reload
check "one of several racks starts" systemctl start curtaild@r2
code "and answers by its name" 0 curtailctl --rack r2 status
[ -d /var/lib/curtaild/r2 ] && ok "with state of its own" || fail "$(ls /var/lib/curtaild)"
check "it stops" systemctl stop curtaild@r2; rm /etc/curtaild/r2.yaml
check "the one rack starts again" systemctl start curtaild
cp -r /usr/lib/curtaild /tmp/lib   # to ask the rig once the program is gone
echo 'curtaild curtaild/on-remove select sleep' | debconf-set-selections
check "removed, with the rack put to sleep" env DEBIAN_FRONTEND=noninteractive dpkg --remove curtaild
[ -d /var/lib/curtaild ] && [ -e /etc/curtaild/config.yaml ] && ok "state and configuration stay" || fail "removal took state or configuration"
curtaild() { node /tmp/lib/agent/cli/main.js curtaild "$@"; }
within "every miner sleeps" 20 below 300
[ -e /usr/bin/curtailctl ] && fail "the program is still there" || ok "the program is gone"
check "purged" env DEBIAN_FRONTEND=noninteractive dpkg --purge curtaild
[ -e /etc/curtaild ] || [ -e /var/lib/curtaild ] && fail "purge left something" || ok "nothing is left"
finish
