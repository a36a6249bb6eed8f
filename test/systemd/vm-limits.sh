# What only a kernel of one's own enforces: memory, tasks, devices, the file system, the network. Begins with a clean machine.
failsafe=4000
ip link set lo up
check "the package installs" dpkg --install /shared/curtaild_*.deb
rig
configure
(umask 077; echo geheim-4711 > /etc/curtaild/secrets/mqtt)
mkdir -p /etc/systemd/system/curtaild.service.d
printf '[Service]\nLoadCredential=mqtt:/etc/curtaild/secrets/mqtt\n' > /etc/systemd/system/curtaild.service.d/secrets.conf
patient
# The program as it is, with faults that come when they are called for: memory outside of Node's heap, and whatever an intruder would try.
cat > /usr/local/lib/saboteur.mjs <<'JS'
import { appendFileSync, readFileSync, writeFileSync, openSync } from "node:fs";
import { spawn } from "node:child_process";
import { connect } from "node:net";
const note = (what, how) => appendFileSync("/var/lib/curtaild/attempts", `${what}=${how}\n`);
const attempt = (what, act) => { try { act(); note(what, "done"); } catch (error) { note(what, error.code); } };
process.on("SIGWINCH", () => { const kept = []; setInterval(() => kept.push(Buffer.alloc(16 * 1024 * 1024, 1)), 20); });
process.on("SIGUSR2", () => {
  attempt("disk", () => openSync("/dev/nvme0n1", "r"));
  attempt("etc", () => writeFileSync("/etc/passwd", "root::0:0::/:/bin/sh"));
  attempt("usr", () => writeFileSync("/usr/bin/x", "x"));
  attempt("secret", () => readFileSync("/etc/curtaild/secrets/mqtt"));
  attempt("root", () => readFileSync("/root/secret"));
  attempt("clock", () => writeFileSync("/proc/sys/kernel/hostname", "x"));
  for (const [name, host] of [["inside", "127.0.0.1"], ["outside", "10.30.0.1"]]) connect(4711, host).on("connect", () => note(name, "done")).on("error", (error) => note(name, error.code));
  // By a shell: this process is large, and to copy it 300 times would keep its own loop too long.
  spawn("/bin/sh", ["-c", "for n in $(seq 300); do sleep 60 & done; wait"]).on("error", (error) => note("shell", error.code));
  setTimeout(() => note("all", "tried"), 5000);
});
JS
printf '[Service]\nEnvironment="NODE_OPTIONS=--max-old-space-size=256 --import=/usr/local/lib/saboteur.mjs"\n' > /etc/systemd/system/curtaild.service.d/saboteur.conf
systemctl daemon-reload
from=$(now); check "the service starts" systemctl enable --now curtaild; ok "READY after $(($(now) - from)) ms"
within "under the failsafe limit" 120 below $failsafe

# The drop-in that systemd/README.md recommends, with a network of the farm's own and one that is none of it.
modprobe dummy 2>/dev/null; ip link add farm type dummy && ip address add 10.30.0.1/24 dev farm && ip link set farm up
systemd-run --quiet --unit listener /usr/bin/node -e 'require("node:net").createServer((s) => s.end()).listen(4711, "0.0.0.0")'
reached() { timeout 5 bash -c ": < /dev/tcp/$1/4711"; }
within "who is not narrowed reaches the other network" 60 reached 10.30.0.1
printf '[Service]\nIPAddressDeny=any\nIPAddressAllow=localhost 10.20.0.0/16\n' > /etc/systemd/system/curtaild.service.d/network.conf
systemctl daemon-reload; check "restart with the network narrowed" systemctl restart curtaild
echo root-only > /root/secret; sleep 1
kill -USR2 "$(pid)"
tried() { grep -q '^all=' /var/lib/curtaild/attempts; }
tasks() { grep -h "$1" "/sys/fs/cgroup/system.slice/curtaild.service/pids.$2" | grep -o '[0-9]*' | head -1; }
within "an intruder in the process has tried everything" 60 tried
outcome() { grep "^$1=" /var/lib/curtaild/attempts | head -1 | cut -d= -f2; }
for what in disk etc usr secret root clock; do
  case "$(outcome $what)" in EACCES | EPERM | EROFS | ENOENT) ;; *) fail "$what: $(outcome $what)" ;; esac
done
ok "it reads neither disk nor secrets and writes neither /etc nor /usr ($(for what in disk etc usr secret root; do printf '%s ' "$(outcome $what)"; done))"
[ "$(outcome inside)" = done ] && [ "$(outcome outside)" != done ] && ok "it reaches what it may and nothing else ($(outcome outside))" || fail "network: inside $(outcome inside), outside $(outcome outside)"
within "no more than 128 of 300 children are born" 20 eval '[ "$(tasks max events)" -gt 0 ]'
[ "$(tasks '' current)" -le 128 ] || fail "$(tasks '' current) tasks"
rm /etc/systemd/system/curtaild.service.d/network.conf; systemctl daemon-reload; check "restart with the whole network" systemctl restart curtaild
within "and answers" 60 curtailctl status

old=$(pid); kill -WINCH "$old"
within "memory outside of Node's heap is ended by the kernel, and replaced" 60 active "$old"
journalctl -b -u curtaild --no-pager -o cat > /tmp/log; grep -q 'oom-kill\|OOM killer' /tmp/log && ok "$(grep -m1 'oom-kill\|OOM killer' /tmp/log)" || fail "nothing about memory in the journal: $(tail -5 /tmp/log)"
within "and the rack is under the failsafe limit again" 60 below 4600
rm /etc/systemd/system/curtaild.service.d/saboteur.conf; systemctl daemon-reload; check "restart as it should be" systemctl restart curtaild
within "and answers" 60 curtailctl status
check "a technician's limit for after the reboot" curtailctl --yes limit 3kW
finish
