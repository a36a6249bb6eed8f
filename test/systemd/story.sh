# Installed, configured, curtailed, blocked, killed, upgraded; what others may see of it; removed in the last chapter.
failsafe=4000
check "the package installs" dpkg --install /shared/curtaild_*.deb
[ "$(systemctl is-active curtaild)" = active ] && fail "it runs without a configuration"
code "systemd-analyze verify finds nothing" 0 systemd-analyze verify /usr/lib/systemd/system/curtaild.service
score=$(systemd-analyze security --offline=true /usr/lib/systemd/system/curtaild.service | tail -1 | grep -o '[0-9]\.[0-9]')
awk "BEGIN{exit !($score <= 1.5)}" && ok "exposure $score" || fail "exposure $score is above 1.5"

rig
configure
(umask 077; echo geheim-4711 > /etc/curtaild/secrets/mqtt)
mkdir -p /etc/systemd/system/curtaild.service.d
printf '[Service]\nLoadCredential=mqtt:/etc/curtaild/secrets/mqtt\n' > /etc/systemd/system/curtaild.service.d/secrets.conf
# The program as it is, with two faults that come when they are called for: a loop that never ends, and a leak.
saboteur=$(printf 'process.on("SIGUSR2",()=>{for(;;);});process.on("SIGWINCH",()=>{globalThis.x=[];setInterval(()=>x.push(Array(1e5).fill(Math.random())),20)})' | base64 -w0)
printf '[Service]\nEnvironment="NODE_OPTIONS=--max-old-space-size=256 --import=data:text/javascript;base64,%s"\n' "$saboteur" > /etc/systemd/system/curtaild.service.d/saboteur.conf
systemctl daemon-reload
from=$(now); check "the service starts" systemctl enable --now curtaild; ok "READY after $(($(now) - from)) ms"
within "under the failsafe limit" 60 below $failsafe
heartbeat
check "the grid allocates 9 kW" curtailctl operator allocate --limit 9kW --short
within "the allocation binds" 15 is limitSource allocation
within "the rack rises towards it" 120 eval '[ "$(truth)" -gt 6000 ]'
check "it stops" systemctl stop curtaild
within "and leaves the rack under the failsafe limit" 5 below $failsafe
check "it starts again" systemctl start curtaild
within "the grid confirms" 60 is limitSource allocation
within "the rack rises again" 120 eval '[ "$(truth)" -gt 6000 ]'
check "the grid allocates 5 kW" curtailctl operator allocate --limit 5kW --short
within "the true power follows" 30 below 5000

# Who may what.
useradd --groups curtaild looker; useradd --groups curtaild,curtaild-operator ada; useradd stranger
as() { local user=$1; shift; setpriv --reuid="$user" --regid="$user" --init-groups "$@"; }
code "a member of curtaild may look" 0 as looker curtailctl status
code "and may not change" 77 as looker curtailctl --yes limit 4kW
code "a stranger may not even look" 77 as stranger curtailctl status
code "an operator may change" 0 as ada curtailctl --yes limit 4500 --for 1h
curtailctl events --last 50 --json > /tmp/events; grep -q "\"who\":\"ada($(id -u ada))\"" /tmp/events && ok "and is known by name and uid" || fail "nobody knows who set the limit: $(curtailctl events --last 5)"
for file in /etc/curtaild/secrets/mqtt /run/credentials/curtaild.service/mqtt /var/lib/curtaild/device.key.pem; do
  as looker cat "$file" >/dev/null 2>&1 && fail "looker reads $file"
done
ok "secrets and keys are closed even to those who may look"
journalctl -u curtaild --no-pager > /tmp/log; grep -q geheim /tmp/log && fail "the password is in the log"
tr '\0' '\n' < "/proc/$(pid)/environ" | grep -q geheim && fail "the password is in the environment"
ok "the password is in no log and no environment"
journalctl -u curtaild --no-pager -p warning -o cat > /tmp/log; grep -q 'setpoint.ordered' /tmp/log && fail "information among the warnings" || ok "the journal knows priorities"

# What goes wrong.
old=$(pid); kill -USR2 "$old"
within "a blocked loop is ended and replaced by the watchdog" 12 active "$old"
within "and the rack is under the failsafe limit" 10 below 4600
old=$(pid); kill -KILL "$old"
within "kill -9: it is back" 10 active "$old"
within "and answers" 10 curtailctl status
old=$(pid); kill -WINCH "$old"
within "a leak ends in a restart" 60 active "$old"
within "and the rack is under the failsafe limit again" 10 below 4600
within "and answers" 10 curtailctl status
rm /etc/systemd/system/curtaild.service.d/saboteur.conf; systemctl daemon-reload
# One look: the grid's heartbeat may confirm between two.
case $(status limitSource) in
  technician) ok "the technician's limit outlived it" ;;
  failsafe) ok "the failsafe limit holds until the grid confirms" ;;
  *) fail "$(curtailctl status)" ;;
esac
check "the technician ends the limit" curtailctl --yes limit clear
sed -i 's/failsafeLimitW:.*/failsafeLimitW: 4100/' /etc/curtaild/config.yaml
old=$(pid); check "systemctl reload takes another failsafe limit" systemctl reload curtaild
within "it holds" 5 is failsafeLimitW 4100
[ "$(pid)" = "$old" ] && ok "in the same process" || fail "reload restarted it"

# Upgrades.
highest=0; (while sleep 1; do truth; done) > /tmp/drawn 2>/dev/null & watcher=$!
echo "# mine" >> /etc/default/curtaild
check "upgrade" env DEBIAN_FRONTEND=noninteractive dpkg --install /shared/curtaild_*.deb
[ "$(tail -1 /etc/default/curtaild)" = "# mine" ] && ok "and keeps what was changed in /etc/default/curtaild" || fail "the conffile was overwritten"
[ "$(pid)" != "$old" ] && ok "the new program runs" || fail "the old one still runs"
within "the grid confirms again" 60 is limitSource allocation
sleep 3; kill $watcher; highest=$(sort -n /tmp/drawn | tail -1)
[ "${highest:-99999}" -le 5050 ] && ok "never above the limit on the way (at most $highest W)" || fail "drew $highest W during the upgrade"
cp /etc/curtaild/config.yaml /root/good.yaml; old=$(pid)
echo 'nonsense: true' >> /etc/curtaild/config.yaml
check "upgrade with a configuration that has faults" env DEBIAN_FRONTEND=noninteractive dpkg --install /shared/curtaild_*.deb
[ "$(pid)" = "$old" ] && ok "what ran goes on" || fail "it was restarted with a faulty configuration"
check "restart with it" systemctl restart curtaild
within "the last good one runs" 10 is config last-good
is limitSource failsafe && ok "under the failsafe limit" || fail "$(curtailctl status)"
cp /root/good.yaml /etc/curtaild/config.yaml; chown root:curtaild /etc/curtaild/config.yaml; chmod 640 /etc/curtaild/config.yaml
check "restart with a good one" systemctl restart curtaild
check "a technician's limit for after the reboot" curtailctl --yes limit 3kW
code "doctor finds nothing wrong but what is not there" 0 curtailctl doctor
check "explain, offline" curtailctl explain failsafe
check "man curtaild" test -s /usr/share/man/man8/curtaild.8.gz
finish
