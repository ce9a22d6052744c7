import { type BadInput, hypervisor, volume } from './repository.ts'

const sys = (fields: string): string => hypervisor({ system: `{${fields}}` })

export const hypervisorCases: readonly BadInput[] = [
  {
    name: 'no pinned key',
    file: hypervisor({ hostKeys: undefined }),
    says: [
      'bad.yaml:4:1: error: spec: the field "hostKeys" is missing; Its public host keys, pinned; `reeve hostkey ADDRESS` prints what it offers, for a person to check',
    ],
  },
  {
    name: 'an empty list of keys',
    file: hypervisor({ hostKeys: '[]' }),
    says: ['bad.yaml:6:13: error: spec.hostKeys: the list is too short: at least 1 item'],
  },
  {
    name: 'a key cut in the middle',
    file: hypervisor({ hostKeys: '["ssh-ed25519 AAAA"]' }),
    says: [
      'bad.yaml:6:14: error: spec.hostKeys[0]: this is no ssh-ed25519 public key; copy the line that `reeve hostkey ADDRESS` prints, type and base64',
    ],
  },
  {
    name: 'a key of another type than it says',
    file: hypervisor({ hostKeys: '["ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIMq9y8y+sH393EYo33NjLL4G9ChbSeWcQzPTLgwTYAve"]' }),
    says: [
      'bad.yaml:6:14: error: spec.hostKeys[0]: this is no ssh-rsa public key; copy the line that `reeve hostkey ADDRESS` prints, type and base64',
    ],
  },
  {
    name: 'a key as known_hosts has it',
    file: hypervisor({ hostKeys: '["he1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMq9y8y+sH393EYo33NjLL4G9ChbSeWcQzPTLgwTYAve"]' }),
    says: [
      'bad.yaml:6:14: error: spec.hostKeys[0]: "he1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMq9y8y+sH393EYo…" is not allowed here; One key as known_hosts has it after the name, type and base64',
    ],
  },
  {
    name: 'an address past 255',
    file: hypervisor({ address: '192.0.2.999' }),
    says: ['bad.yaml:5:12: error: spec.address: 192.0.2.999 is not an IPv4 address'],
  },
  {
    name: 'an address with a port',
    file: hypervisor({ address: '"[192.0.2.1]:22"' }),
    says: [
      'bad.yaml:5:12: error: spec.address: "[192.0.2.1]:22" is not allowed here; IP address or DNS name by which the controller reaches it, without a port',
    ],
  },
  {
    name: 'an IPv4 address with a port',
    file: hypervisor({ address: '"192.0.2.1:22"' }),
    says: ['bad.yaml:5:12: error: spec.address: 192.0.2.1:22 is not an IPv6 address; a port belongs into spec.ports'],
  },
  {
    name: 'a user with a blank',
    file: hypervisor({ user: '"root -oProxyCommand=id"' }),
    says: [
      'bad.yaml:7:9: error: spec.user: "root -oProxyCommand=id" is not allowed here; User to log in as, small letters, digits, - and _',
    ],
  },
  {
    name: 'a user without sudo',
    file: hypervisor({ user: 'reeve', become: 'None' }),
    says: ['bad.yaml:8:11: error: spec.become: user reeve cannot change anything without sudo; leave become out, or log in as root'],
  },
  {
    name: 'a jump over itself',
    file: hypervisor({ jump: 'bad' }),
    says: ['bad.yaml:7:9: error: spec.jump: the way goes in a circle: bad → bad'],
  },
  {
    name: 'an identity by path',
    file: hypervisor({ identity: '/root/.ssh/id_ed25519' }),
    says: [
      'bad.yaml:7:13: error: spec.identity: "/root/.ssh/id_ed25519" is not allowed here; Name of the key in reeve.yaml to log in with, never its path',
    ],
  },
  {
    name: 'a port of SSH past 65535',
    file: hypervisor({ ports: '[70000]' }),
    says: ['bad.yaml:7:11: error: spec.ports[0]: 70000 is too large: at most 65535'],
  },
  {
    name: 'a bridge named to run a command',
    file: sys('bridges: [{name: "br0; reboot"}]'),
    says: [
      'bad.yaml:7:29: error: spec.system.bridges[0].name: "br0; reboot" is not allowed here; Name of the interface, a letter and then letters, digits, - _ and dots',
    ],
  },
  {
    name: 'a bridge name of 16 characters',
    file: sys('bridges: [{name: b234567890123456}]'),
    says: ['bad.yaml:7:29: error: spec.system.bridges[0].name: "b234567890123456" is too long: at most 15 characters, 16 are written'],
  },
  {
    name: 'a port of sshd past 65535',
    file: hypervisor({ sshdPort: '65536' }),
    says: ['bad.yaml:7:13: error: spec.sshdPort: 65536 is too large: at most 65535'],
  },
  {
    name: 'several ports of sshd',
    file: hypervisor({ sshdPort: '[22]' }),
    says: ['bad.yaml:7:13: error: spec.sshdPort: must be a whole number, not a list'],
  },
  {
    name: 'a port of two bridges',
    file: sys('bridges: [{name: br0, ports: [eth0]}, {name: br1, ports: [eth0]}]'),
    says: ['bad.yaml:7:70: error: spec.system.bridges[1].ports[0]: eth0 is plugged into br0 already'],
  },
  {
    name: 'a bridge as a port of another',
    file: sys('bridges: [{name: br0}, {name: br1, ports: [br0]}]'),
    says: ['bad.yaml:7:55: error: spec.system.bridges[1].ports[0]: br0 is a bridge itself, and cannot be a port of one'],
  },
  {
    name: 'the loopback as a port',
    file: sys('bridges: [{name: br0, ports: [lo]}]'),
    says: ['bad.yaml:7:42: error: spec.system.bridges[0].ports[0]: the loopback cannot be a port of a bridge'],
  },
  {
    name: 'a port named to run a command',
    file: sys('bridges: [{name: br0, ports: ["$(id)"]}]'),
    says: ['bad.yaml:7:42: error: spec.system.bridges[0].ports[0]: "$(id)" is not allowed here; Name of an interface'],
  },
  {
    name: 'a bridge with the address of the network',
    file: sys('bridges: [{name: br0, addresses: [10.0.0.0/8]}]'),
    says: [
      "bad.yaml:7:46: error: spec.system.bridges[0].addresses[0]: 10.0.0.0/8 is the network's or the broadcast address, not one of a machine",
    ],
  },
  {
    name: 'a bridge with the address that Reeve comes by',
    file: sys('bridges: [{name: br0, addresses: [192.0.2.11/24]}]'),
    says: [
      'bad.yaml:7:46: error: spec.system.bridges[0].addresses[0]: 192.0.2.11/24 is the address that Reeve reaches this machine by, and no cable leads to this bridge; name the interface that has it now in ports, and it moves with it',
    ],
  },
  {
    name: 'an IPv6 address in a long spelling',
    file: sys('bridges: [{name: br0, addresses: ["2001:DB8:0::1/64"]}]'),
    says: ['bad.yaml:7:46: error: spec.system.bridges[0].addresses[0]: write 2001:db8::1/64, as ip prints it'],
  },
  {
    name: 'a kernel setting up a folder',
    file: sys('sysctl: {"../../etc/passwd": x}'),
    says: [
      'bad.yaml:7:41: error: spec.system.sysctl["../../etc/passwd"]: "../../etc/passwd" is no name of a kernel setting; such as net.ipv4.ip_forward',
    ],
  },
  {
    name: 'a kernel setting with a line feed',
    file: sys('sysctl: {net.ipv4.ip_forward: "1\\nkernel.panic = 1"}'),
    says: [
      'bad.yaml:7:42: error: spec.system.sysctl["net.ipv4.ip_forward"]: "1\\nkernel.panic = 1" is no value of a kernel setting: words and single blanks',
    ],
  },
  {
    name: 'a kernel setting as a number',
    file: sys('sysctl: {net.ipv4.ip_forward: 1}'),
    says: ['bad.yaml:7:42: error: spec.system.sysctl["net.ipv4.ip_forward"]: must be text, not 1; write it in quotes: "1"'],
  },
  {
    name: 'a package with an option',
    file: sys('packages: ["-oAPT::Update::Pre-Invoke::=id"]'),
    says: [
      'bad.yaml:7:23: error: spec.system.packages[0]: "-oAPT::Update::Pre-Invoke::=id" is not allowed here; Name of a package, as Debian has it: without version, option or blank',
    ],
  },
  {
    name: 'a package twice',
    file: sys('packages: [wget, wget]'),
    says: ['bad.yaml:7:29: error: spec.system.packages[1]: wget is already at packages[0]'],
  },
  {
    name: 'a file up a folder',
    file: sys('files: [{path: /etc/../etc/shadow, content: x}]'),
    says: ['bad.yaml:7:27: error: spec.system.files[0].path: /etc/../etc/shadow is no plain absolute path; leave . and .. out'],
  },
  {
    name: 'a file of who may come in',
    file: sys('files: [{path: /root/.ssh/authorized_keys, content: x}]'),
    says: [
      'bad.yaml:7:27: error: spec.system.files[0].path: /root/.ssh/authorized_keys decides who may come in; Reeve does not write it, for a mistake would lock it out',
    ],
  },
  {
    name: 'a file of the kernel',
    file: sys('files: [{path: /proc/sysrq-trigger, content: b}]'),
    says: ['bad.yaml:7:27: error: spec.system.files[0].path: /proc/sysrq-trigger is not a place for files of manifests'],
  },
  {
    name: 'a file of Reeve’s',
    file: sys('files: [{path: /etc/reeve/hold, content: x}]'),
    says: ['bad.yaml:7:27: error: spec.system.files[0].path: /etc/reeve/hold is not a place for files of manifests'],
  },
  {
    name: 'a file that wants a shell',
    file: sys('files: [{path: "/etc/$(id)", content: x}]'),
    says: [
      'bad.yaml:7:27: error: spec.system.files[0].path: "/etc/$(id)" is not allowed here; Absolute path of letters, digits, _ + @ % = , - and dots',
    ],
  },
  {
    name: 'a file with a terminal’s escape',
    file: sys('files: [{path: /etc/motd, content: "\\e[2J"}]'),
    says: ['bad.yaml:7:47: error: spec.system.files[0].content: control character U+001B is not allowed; delete it'],
  },
  {
    name: 'a file twice',
    file: sys('files: [{path: /etc/motd, content: a}, {path: /etc/motd, content: b}]'),
    says: ['bad.yaml:7:51: error: spec.system.files[1]: /etc/motd is already at files[0]'],
  },
  {
    name: 'a mode that sticks',
    file: sys('files: [{path: /etc/motd, content: a, mode: "u+s"}]'),
    says: [
      'bad.yaml:7:56: error: spec.system.files[0].mode: "u+s" is not allowed here; Permissions, four octal digits in quotes, for example "0644"',
    ],
  },
  {
    name: 'a unit up a folder',
    file: sys('services: [{unit: ../../x.service}]'),
    says: [
      'bad.yaml:7:30: error: spec.system.services[0].unit: "../../x.service" is not allowed here; Name with suffix, for example smartmontools.service',
    ],
  },
  {
    name: 'a unit that loads what is not there',
    file: sys('services: [{unit: cron.service, loads: [/etc/crontab]}]'),
    says: ['bad.yaml:7:52: error: spec.system.services[0].loads[0]: /etc/crontab is not in system.files'],
  },
  {
    name: 'a unit that needs what is not there',
    file: sys('services: [{unit: cron.service, needs: [/etc/crontab]}]'),
    says: ['bad.yaml:7:52: error: spec.system.services[0].needs[0]: /etc/crontab is not in system.files'],
  },
  {
    name: 'a check with a line feed',
    file: sys('services: [{unit: cron.service, check: ["a\\nb"]}]'),
    says: ['bad.yaml:7:52: error: spec.system.services[0].check[0]: "a\\nb" is not allowed here; One word without control characters'],
  },
  {
    name: 'an account named to be an option',
    file: sys('users: [{name: "-o"}]'),
    says: [
      'bad.yaml:7:27: error: spec.system.users[0].name: "-o" is not allowed here; Name of the account, small letters, digits, - and _',
    ],
  },
  {
    name: 'an account without a name',
    file: sys('users: [{shell: /bin/sh}]'),
    says: ['bad.yaml:7:20: error: spec.system.users[0]: the field "name" is missing; Name of the account, small letters, digits, - and _'],
  },
  {
    name: 'a uid of root',
    file: sys('users: [{name: a, uid: 0}]'),
    says: ['bad.yaml:7:35: error: spec.system.users[0].uid: 0 is too small: at least 1'],
  },
  {
    name: 'a comment with a field of passwd',
    file: sys('users: [{name: a, comment: "x:0:0"}]'),
    says: ['bad.yaml:7:39: error: spec.system.users[0].comment: "x:0:0" is not allowed here; Its full name or purpose, for people'],
  },
  {
    name: 'a shell with a blank',
    file: sys('users: [{name: a, shell: "/bin/sh -c id"}]'),
    says: [
      'bad.yaml:7:37: error: spec.system.users[0].shell: "/bin/sh -c id" is not allowed here; Its shell, such as /bin/bash or /usr/sbin/nologin',
    ],
  },
  {
    name: 'a password both locked and not',
    file: sys('users: [{name: a, password: {locked: true, hash: x}}]'),
    says: ['bad.yaml:7:40: error: spec.system.users[0].password: locked and hash exclude each other; write only one of locked, hash'],
  },
  {
    name: 'a password of nothing',
    file: sys('users: [{name: a, password: {}}]'),
    says: ['bad.yaml:7:40: error: spec.system.users[0].password: one of locked, hash is missing'],
  },
  {
    name: 'a password in clear',
    file: sys('users: [{name: a, password: {hash: "correct horse"}}]'),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].password.hash: this is no hash of crypt(5); write what `mkpasswd -m yescrypt` prints; if it was a password, change that, for it is in Git now',
    ],
  },
  {
    name: 'a key with an option that sshd does not know',
    file: sys(
      'users: [{name: a, authorizedKeys: ["no-tty ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMq9y8y+sH393EYo33NjLL4G9ChbSeWcQzPTLgwTYAve"]}]',
    ),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].authorizedKeys[0]: there is no option no-tty of a key: restrict, agent-forwarding, port-forwarding, pty, user-rc, X11-forwarding, no-agent-forwarding, no-port-forwarding, no-pty, no-user-rc, no-X11-forwarding, no-touch-required, verify-required, from, command, permitopen, permitlisten, expiry-time; write options, if any, and the line of the .pub file',
    ],
  },
  {
    name: 'a gid that another group has',
    file: sys('groups: [{name: a, gid: 2000}, {name: b, gid: 2000}]'),
    says: ['bad.yaml:7:58: error: spec.system.groups[1].gid: gid 2000 is also that of a'],
  },
  {
    name: 'a mount over the place of a Volume',
    file: `${hypervisor({ system: '{mounts: [{path: /srv/a, tmpfs: 1Mi}]}' })}---\n${volume({ hypervisor: 'bad', mount: '{path: /srv/a}' }, '{name: twice}')}`,
    says: [
      'bad.yaml:7:28: error: spec.system.mounts[0].path: "/srv/a" is already taken by Volume/twice (bad.yaml:16:17); it must be unique: mount path on bad',
      'bad.yaml:16:17: error: spec.mount.path: "/srv/a" is already taken by Hypervisor/bad (bad.yaml:7:28); it must be unique: mount path on bad',
    ],
  },
  {
    name: 'a mount of a command',
    file: sys('mounts: [{path: /srv/a, nfs: "nas:/$(id)"}]'),
    says: [
      'bad.yaml:7:41: error: spec.system.mounts[0].nfs: "nas:/$(id)" is not allowed here; What an NFS server exports, as SERVER:/PATH; nfs-common is installed for it',
    ],
  },
  {
    name: 'an option of a mount with a comma',
    file: sys('mounts: [{path: /srv/a, tmpfs: 1Mi, options: ["ro,exec"]}]'),
    says: ['bad.yaml:7:58: error: spec.system.mounts[0].options[0]: "ro,exec" is not allowed here; One option, small letters first'],
  },
  {
    name: 'a mount over the configuration',
    file: sys('mounts: [{path: /etc/ssh, tmpfs: 1Mi}]'),
    says: ['bad.yaml:7:28: error: spec.system.mounts[0].path: /etc/ssh is no place to mount over: the machine needs what is there'],
  },
  {
    name: 'a group named to be an option',
    file: sys('groups: [{name: "-r"}]'),
    says: ['bad.yaml:7:28: error: spec.system.groups[0].name: "-r" is not allowed here; Name of the group, small letters, digits, - and _'],
  },
  {
    name: 'a sudo of another sort',
    file: sys('users: [{name: a, sudo: "ALL"}]'),
    says: ['bad.yaml:7:36: error: spec.system.users[0].sudo: must be one of Password, NoPassword, not the text "ALL"'],
  },
  {
    name: 'an account that lands in a container that is not here',
    file: sys('users: [{name: a, container: nosuch}]'),
    says: [
      'bad.yaml:7:41: error: spec.system.users[0].container: there is no Container nosuch on this hypervisor; a login is not passed on to another one',
    ],
  },
  {
    name: 'sshd without Reeve’s own port',
    file: sys('sshd: {ports: [2200]}'),
    says: [
      'bad.yaml:7:26: error: spec.system.sshd.ports: Reeve comes by port 22, on which sshd would not listen any more; add the new port to spec.ports, before or after the old one',
    ],
  },
  {
    name: 'sshd with nothing to say',
    file: sys('sshd: {}'),
    says: ['bad.yaml:7:18: error: spec.system.sshd: one of ports, passwordAuthentication, permitRootLogin, allowUsers is missing'],
  },
  {
    name: 'sshd with a word that YAML reads in two ways',
    file: sys('sshd: {permitRootLogin: "no"}'),
    says: ['bad.yaml:7:36: error: spec.system.sshd.permitRootLogin: must be one of Never, KeyOnly, Always, not the text "no"'],
  },
  {
    name: 'an allowed account with a pattern',
    file: sys('sshd: {allowUsers: ["*"]}'),
    says: ['bad.yaml:7:32: error: spec.system.sshd.allowUsers[0]: "*" is not allowed here; Name of an account'],
  },
  {
    name: 'a host name with a line feed',
    file: sys('hostname: "a\\nb"'),
    says: [
      'bad.yaml:7:22: error: spec.system.hostname: "a\\nb" is not allowed here; Its own name, short or with its domain; also a line of /etc/hosts at 127.0.1.1',
    ],
  },
  {
    name: 'four name servers',
    file: sys('resolver: {nameservers: [192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4]}'),
    says: ['bad.yaml:7:36: error: spec.system.resolver.nameservers: the list is too long: at most 3 items, 4 are written'],
  },
  {
    name: 'a time zone up a folder',
    file: sys('timeZone: ../../etc/shadow'),
    says: [
      'bad.yaml:7:22: error: spec.system.timeZone: "../../etc/shadow" is not allowed here; Time zone by its name in the IANA database, for example Europe/Berlin',
    ],
  },
  {
    name: 'a locale with a command',
    file: sys('locale: "de_DE.UTF-8 UTF-8"'),
    says: [
      'bad.yaml:7:20: error: spec.system.locale: "de_DE.UTF-8 UTF-8" is not allowed here; Locale of logins and daemons, for example de_DE.UTF-8, made where it is missing',
    ],
  },
  {
    name: 'a job with a command in one text',
    file: sys('cron: [{name: a, schedule: "@daily", command: "rm -rf /"}]'),
    says: ['bad.yaml:7:58: error: spec.system.cron[0].command: must be a list, not the text "rm -rf /"; write a list: ["rm -rf /"]'],
  },
  {
    name: 'a job at a time that cron does not know',
    file: sys('cron: [{name: a, schedule: "99 * * * *", command: [a]}]'),
    says: [
      'bad.yaml:7:39: error: spec.system.cron[0].schedule: 99 is no minute of a crontab; write minute, hour, day, month and weekday, for example 0 3 * * 6',
    ],
  },
  {
    name: 'a job whose name ends its file',
    file: sys('cron: [{name: a.b, schedule: "@daily", command: [a]}]'),
    says: [
      'bad.yaml:7:26: error: spec.system.cron[0].name: "a.b" is not allowed here; Names the job and its file, small letters, digits and -',
    ],
  },
  {
    name: 'a module with an option',
    file: sys('modules: ["-r"]'),
    says: ['bad.yaml:7:22: error: spec.system.modules[0]: "-r" is not allowed here; Name of a module, as modprobe(8) knows it'],
  },
  {
    name: 'a module twice',
    file: sys('modules: [br_netfilter, br-netfilter]'),
    says: ['bad.yaml:7:36: error: spec.system.modules[1]: the module br-netfilter is already at modules[0]'],
  },
  {
    name: 'a time server that is none',
    file: sys('timeSync: {servers: ["a..b"]}'),
    says: ['bad.yaml:7:33: error: spec.system.timeSync.servers[0]: a..b is no time server: an address, or a host name'],
  },
  {
    name: 'updates of all sorts',
    file: sys('autoUpdate: All'),
    says: ['bad.yaml:7:24: error: spec.system.autoUpdate: must be Security, not the text "All"'],
  },
  {
    name: 'a window without its length',
    file: hypervisor({ maintenanceWindow: '{cron: "0 3 * * 6"}' }),
    says: ['bad.yaml:7:22: error: spec.maintenanceWindow: the field "duration" is missing; Length of the window, for example 2h'],
  },
  {
    name: 'a window that no calendar has',
    file: hypervisor({ maintenanceWindow: '{cron: "99 3 * * 6", duration: 2h}' }),
    says: [
      'bad.yaml:7:29: error: spec.maintenanceWindow.cron: "99 3 * * 6" is no time in a calendar (Invalid value for minute: 99); write minute, hour, day, month and weekday, for example 0 3 * * 6',
    ],
  },
  {
    name: 'a window in a zone that there is not',
    file: hypervisor({ maintenanceWindow: '{cron: "0 3 * * 6", duration: 2h, timeZone: Europe/Atlantis}' }),
    says: [
      'bad.yaml:7:66: error: spec.maintenanceWindow.timeZone: "Europe/Atlantis" is not a time zone; write a name of the IANA database such as Europe/Berlin',
    ],
  },
  {
    name: 'an end that is no time',
    file: hypervisor({ suspend: '{reason: x, until: tomorrow}' }),
    says: ['bad.yaml:7:31: error: spec.suspend.until: "tomorrow" is not a time such as 2026-12-31T18:00:00Z'],
  },
  {
    name: 'the address of another hypervisor',
    file: hypervisor({ address: '192.0.2.10' }),
    says: [
      'bad.yaml:5:12: error: spec.address: "192.0.2.10 port 22" is already taken by Hypervisor/he1 (good.yaml:5:12); it must be unique: SSH address',
      'good.yaml:5:12: error: spec.address: "192.0.2.10 port 22" is already taken by Hypervisor/bad (bad.yaml:5:12); it must be unique: SSH address',
      'good.yaml:13:15: warning: spec.hypervisor: left out, because Hypervisor "he1" has errors',
      'good.yaml:22:15: warning: spec.hypervisor: left out, because Hypervisor "he1" has errors',
      'good.yaml:30:24: warning: spec.target.hypervisor: left out, because Hypervisor "he1" has errors',
      'good.yaml:39:23: warning: spec.target.container: left out, because Container "web" has errors',
    ],
  },
]
