import { type BadInput, container, hypervisor } from './repository.ts'

const sys = (fields: string): string => hypervisor({ system: `{${fields}}` })
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMq9y8y+sH393EYo33NjLL4G9ChbSeWcQzPTLgwTYAve'
/** A person's key with these options before it. */
const keyed = (options: string): string => sys(`users: [{name: a, authorizedKeys: ['${options} ${key}']}]`)
/** RFC 4253 6.6 with a modulus of 1024 bits. */
const shortRsa = Buffer.concat(
  ['ssh-rsa', '\x01\0\x01', `\0${'\xff'.repeat(128)}`].flatMap((part) => [
    Buffer.from([0, 0, 0, part.length]),
    Buffer.from(part, 'latin1'),
  ]),
).toString('base64')
const inside = (name: string, spec: string): string =>
  `apiVersion: reeve.dev/v1\nkind: Container\nmetadata: {name: ${name}}\nspec: ${spec.replace('{', '{hypervisor: bad, ')}\n`

export const systemCases: readonly BadInput[] = [
  {
    name: 'root with a home',
    file: sys('users: [{name: root, home: /root}]'),
    says: ['bad.yaml:7:39: error: spec.system.users[0].home: root has no home of a manifest; leave it out'],
  },
  {
    name: 'two accounts of one number',
    file: sys('users: [{name: a, uid: 1000}, {name: b, uid: 1000}]'),
    says: [
      'bad.yaml:7:35: error: spec.system.users[0].uid: uid 1000 is also that of b',
      'bad.yaml:7:57: error: spec.system.users[1].uid: uid 1000 is also that of a',
    ],
  },
  {
    name: 'a home that climbs',
    file: sys('users: [{name: a, home: /srv/../etc}]'),
    says: ['bad.yaml:7:36: error: spec.system.users[0].home: /srv/../etc is no plain absolute path for a home; leave . and .. out'],
  },
  {
    name: 'a home below /etc',
    file: sys('users: [{name: a, home: /etc/a}]'),
    says: ['bad.yaml:7:36: error: spec.system.users[0].home: /etc/a is in /etc, which is no place for homes'],
  },
  {
    name: 'sudo by a password that is locked',
    file: sys('users: [{name: a, sudo: Password, password: {locked: true}}]'),
    says: [
      'bad.yaml:7:36: error: spec.system.users[0].sudo: sudo would ask a for a password that is locked; use NoPassword, or give password.hash',
    ],
  },
  {
    name: 'a hash of MD5',
    file: sys('users: [{name: a, password: {hash: "$1$abcdefgh$0123456789012345678901"}}]'),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].password.hash: this hash is of a sort that is guessed in hours; write what `mkpasswd -m yescrypt` prints; if it was a password, change that, for it is in Git now',
    ],
  },
  {
    name: 'a hash that is locked',
    file: sys('users: [{name: a, password: {hash: "!"}}]'),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].password.hash: this is the mark of a locked password, not a hash; write what `mkpasswd -m yescrypt` prints; if it was a password, change that, for it is in Git now',
    ],
  },
  {
    name: 'a hash that lost its end',
    file: sys('users: [{name: a, password: {hash: "$6$salt$abc"}}]'),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].password.hash: this hash is cut, or damaged; write what `mkpasswd -m yescrypt` prints; if it was a password, change that, for it is in Git now',
    ],
  },
  {
    name: 'the same key twice',
    file: sys(`users: [{name: a, authorizedKeys: ["${key} a@desk", "${key} a@laptop"]}]`),
    says: ['bad.yaml:7:138: error: spec.system.users[0].authorizedKeys[1]: this key is already at authorizedKeys[0]'],
  },
  {
    name: 'a private key',
    file: sys('users: [{name: a, authorizedKeys: ["-----BEGIN OPENSSH PRIVATE KEY-----"]}]'),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].authorizedKeys[0]: this is a private key: take it out of Git now, and make a new one; write options, if any, and the line of the .pub file',
    ],
  },
  {
    name: 'a key of two lines',
    file: sys('users: [{name: a, authorizedKeys: ["ssh-ed25519 AAAA\\nssh-rsa AAAA"]}]'),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].authorizedKeys[0]: a key is one line of ASCII; write options, if any, and the line of the .pub file',
    ],
  },
  {
    name: 'a key of DSA',
    file: sys('users: [{name: a, authorizedKeys: ["ssh-dss AAAAB3NzaC1kc3M="]}]'),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].authorizedKeys[0]: keys of DSA are not safe, and no sshd takes them any more; write options, if any, and the line of the .pub file',
    ],
  },
  {
    name: 'a key whose base64 is none',
    file: sys('users: [{name: a, authorizedKeys: ["ssh-ed25519 AAAA_!"]}]'),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].authorizedKeys[0]: this is no ssh-ed25519 public key: its second word is not base64; write options, if any, and the line of the .pub file',
    ],
  },
  {
    name: 'an authorized key that lost its end',
    file: sys('users: [{name: a, authorizedKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMq9y8y"]}]'),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].authorizedKeys[0]: this is no ssh-ed25519 public key: it is cut, or damaged; write options, if any, and the line of the .pub file',
    ],
  },
  {
    name: 'a short key of RSA',
    file: sys(`users: [{name: a, authorizedKeys: ["ssh-rsa ${shortRsa}"]}]`),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].authorizedKeys[0]: a key of RSA must have 2048 bits or more, this one has 1024; write options, if any, and the line of the .pub file',
    ],
  },
  {
    name: 'a group of the same name',
    file: sys('users: [{name: a, groups: [a]}]'),
    says: ['bad.yaml:7:39: error: spec.system.users[0].groups[0]: a is its own group already; leave it out'],
  },
  {
    name: 'a group twice',
    file: sys('users: [{name: a, groups: [adm, adm]}]'),
    says: ['bad.yaml:7:44: error: spec.system.users[0].groups[1]: the group adm is already at groups[0]'],
  },
  {
    name: "a shell that ends Reeve's login",
    file: hypervisor({ user: 'ops', system: '{users: [{name: ops, shell: /usr/sbin/nologin}]}' }),
    says: ['bad.yaml:8:39: error: spec.system.users[0].shell: Reeve logs in as ops, which /usr/sbin/nologin would end'],
  },
  {
    name: "a password that Reeve's sudo would be asked for",
    file: hypervisor({ user: 'ops', system: '{users: [{name: ops, sudo: Password}]}' }),
    says: ['bad.yaml:8:38: error: spec.system.users[0].sudo: Reeve becomes root as ops, and knows no password; use NoPassword'],
  },
  {
    name: 'a command longer than cron reads',
    file: sys(`cron: [{name: a, schedule: "@daily", command: [${Array(5).fill('x'.repeat(200)).join(', ')}]}]`),
    says: [
      'bad.yaml:7:58: error: spec.system.cron[0].command: this command is 1004 bytes long, and cron takes 990; put it into a file of system.files',
    ],
  },
  {
    name: 'a schedule of four fields',
    file: sys('cron: [{name: a, schedule: "0 3 * *", command: [a]}]'),
    says: [
      'bad.yaml:7:39: error: spec.system.cron[0].schedule: "0 3 * *" has 4 fields, not five with single blanks between them; write minute, hour, day, month and weekday, for example 0 3 * * 6',
    ],
  },
  {
    name: 'an escape in a file',
    file: sys('files: [{path: /etc/motd, content: "\\u0001"}]'),
    says: ['bad.yaml:7:47: error: spec.system.files[0].content: control character U+0001 is not allowed; delete it'],
  },
  {
    name: '/etc/hosts in two ways',
    file: sys('files: [{path: /etc/hosts, content: a}], hosts: [{address: 192.0.2.3, names: [a]}]'),
    says: [
      'bad.yaml:7:27: error: spec.system.files[0].path: /etc/hosts cannot be both written whole and given lines by system.hosts; use one of the two',
    ],
  },
  {
    name: 'an account with a shell that lands in a container',
    file: sys('users: [{name: a, container: web, shell: /bin/sh}]'),
    says: ['bad.yaml:7:41: error: spec.system.users[0].container: a lands in a container, and so has no shell here; leave shell out'],
  },
  {
    name: "Reeve's own account landing in a container",
    file: hypervisor({ user: 'ops', system: '{users: [{name: ops, container: web}]}' }),
    says: ['bad.yaml:8:43: error: spec.system.users[0].container: Reeve logs in as ops, who would land in a container'],
  },
  {
    name: 'an account that lands in a container of another hypervisor',
    file: sys('users: [{name: a, container: web}]'),
    says: [
      'bad.yaml:7:41: error: spec.system.users[0].container: there is no Container web on this hypervisor; a login is not passed on to another one',
    ],
  },
  {
    name: 'an account that lands in a container of openvz',
    file: `${sys('users: [{name: a, container: old}]')}---\n${inside('old', '{provider: openvz, openvz: {ctid: 101}}')}`,
    says: [
      'bad.yaml:7:41: error: spec.system.users[0].container: old is a container of openvz; logins are passed on to those of lxc alone',
      'bad.yaml:12:20: warning: spec.hypervisor: left out, because Hypervisor "bad" has errors',
    ],
  },
  {
    name: 'an account that is not inside the container',
    file: `${sys('users: [{name: a, container: old}]')}---\n${inside('old', '{rootfs: {lvm: {volumeGroup: vg, size: 1Gi}}}')}`,
    says: [
      'bad.yaml:7:41: warning: spec.system.users[0].container: a is not in system.users of Container old; add it there, unless the container has it by other means',
    ],
    adds: ['Container/old', 'Hypervisor/bad'],
  },
  {
    name: 'more lines of /etc/hosts than a block holds',
    file: sys(
      `hosts: [${Array.from({ length: 999 }, (_, index) => `{address: 10.0.${index >> 8}.${index & 255}, names: [${'x'.repeat(60)}.${'y'.repeat(60)}.${'z'.repeat(60)}.a${index}]}`).join(', ')}]`,
    ),
    says: ['bad.yaml:7:19: error: spec.system.hosts: these are 198251 bytes; a block holds at most 65536; use the DNS for so many'],
  },
  {
    name: 'a line of /etc/hosts without an address',
    file: sys('hosts: [{address: 192.0.2.300, names: [a]}]'),
    says: ['bad.yaml:7:30: error: spec.system.hosts[0].address: 192.0.2.300 is not an IP address'],
  },
  {
    name: 'a loopback line of /etc/hosts',
    file: sys('hosts: [{address: 127.0.1.1, names: [a]}]'),
    says: ["bad.yaml:7:30: error: spec.system.hosts[0].address: 127.0.1.1 is loopback; these lines of /etc/hosts are the machine's own"],
  },
  {
    name: 'a name in /etc/hosts that is none',
    file: sys('hosts: [{address: 192.0.2.3, names: [a..b]}]'),
    says: ['bad.yaml:7:49: error: spec.system.hosts[0].names[0]: a..b is no host name: each label is 1 to 63 letters, digits and -'],
  },
  {
    name: 'an address as a name in /etc/hosts',
    file: sys('hosts: [{address: 192.0.2.3, names: [192.0.2.4]}]'),
    says: ['bad.yaml:7:49: error: spec.system.hosts[0].names[0]: 192.0.2.4 is an address, not a host name'],
  },
  {
    name: 'localhost elsewhere',
    file: sys('hosts: [{address: 192.0.2.3, names: [localhost]}]'),
    says: ["bad.yaml:7:49: error: spec.system.hosts[0].names[0]: localhost is loopback; its lines of /etc/hosts are the machine's own"],
  },
  {
    name: 'a name at two addresses',
    file: sys('hosts: [{address: 192.0.2.3, names: [a]}, {address: 192.0.2.4, names: [A]}]'),
    says: ['bad.yaml:7:83: error: spec.system.hosts[1].names[0]: A is already at hosts[0].names[0]'],
  },
  {
    name: 'a host name with an empty label',
    file: sys('hostname: a..b'),
    says: ['bad.yaml:7:22: error: spec.system.hostname: a..b is no host name: labels of 1 to 63 letters, digits and -'],
  },
  {
    name: 'a name server that is no address',
    file: sys('resolver: {nameservers: [192.0.2.400]}'),
    says: [
      'bad.yaml:7:37: error: spec.system.resolver.nameservers[0]: 192.0.2.400 is not an IP address; a name server cannot be found by its name',
    ],
  },
  {
    name: 'a search domain with an empty label',
    file: sys('resolver: {nameservers: [192.0.2.1], search: [a..b]}'),
    says: ['bad.yaml:7:58: error: spec.system.resolver.search[0]: a..b is no domain: labels of 1 to 63 letters, digits and -'],
  },
  {
    name: 'a time zone that is none',
    file: sys('timeZone: Europe/Belrin'),
    says: [
      'bad.yaml:7:22: error: spec.system.timeZone: "Europe/Belrin" is not a time zone; write a name of the IANA database such as Europe/Berlin',
    ],
  },
  {
    name: 'a time zone in small letters',
    file: sys('timeZone: europe/berlin'),
    says: [
      'bad.yaml:7:22: error: spec.system.timeZone: europe/berlin is written Europe/Berlin; write a name of the IANA database such as Europe/Berlin',
    ],
  },
  {
    name: 'a locale without a character set',
    file: sys('locale: de_DE'),
    says: ['bad.yaml:7:20: error: spec.system.locale: de_DE names no character set; write de_DE.UTF-8'],
  },
  {
    name: 'a file that the host name writes',
    file: sys('hostname: a, files: [{path: /etc/hostname, content: b}]'),
    says: ['bad.yaml:7:40: error: spec.system.files[0].path: /etc/hostname is written by system.hostname; use one of the two'],
  },
  {
    name: 'a port of sshd twice',
    file: sys('sshd: {ports: [22, 22]}'),
    says: ['bad.yaml:7:31: error: spec.system.sshd.ports[1]: 22 is already at ports[0]'],
  },
  {
    name: 'sshd as a service too',
    file: sys('sshd: {ports: [22]}, services: [{unit: ssh.service}]'),
    says: ['bad.yaml:7:44: error: spec.system.services[0]: ssh.service is run by system.sshd; leave it out'],
  },
  {
    name: "sshd without Reeve's user",
    file: sys('sshd: {allowUsers: [ops]}'),
    says: ['bad.yaml:7:31: error: spec.system.sshd.allowUsers: Reeve logs in as root, who would not be allowed any more; add root'],
  },
  {
    name: 'sshd without root, as whom Reeve comes',
    file: sys('sshd: {permitRootLogin: Never}'),
    says: [
      'bad.yaml:7:36: error: spec.system.sshd.permitRootLogin: Reeve logs in as root, who would not be allowed any more; use KeyOnly, or another spec.user',
    ],
  },
  {
    name: 'a setting of the kernel in a container',
    file: container({ system: '{sysctl: {vm.swappiness: "1"}}' }),
    says: [
      'bad.yaml:8:36: error: spec.system.sysctl["vm.swappiness"]: vm.swappiness is the kernel\'s, which all containers share; set it in system.sysctl of the Hypervisor',
    ],
  },
  {
    name: 'a key by which Reeve could not work',
    file: hypervisor({ user: 'ops', system: `{users: [{name: ops, authorizedKeys: ["restrict ${key}"]}]}` }),
    says: [
      'bad.yaml:8:49: error: spec.system.users[0].authorizedKeys[0]: Reeve logs in as ops, perhaps by this key, and its option restrict would keep Reeve from working; leave that option out, or give a person an account of their own',
    ],
  },
  {
    name: 'a key of a type that there is not',
    file: sys('users: [{name: a, authorizedKeys: ["ssh-foo AAAA"]}]'),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].authorizedKeys[0]: it does not begin with the type of a key, such as ssh-ed25519; write options, if any, and the line of the .pub file',
    ],
  },
  {
    name: 'a value of an option of a key that takes none',
    file: keyed('no-pty="yes"'),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].authorizedKeys[0]: option no-pty takes no value; write options, if any, and the line of the .pub file',
    ],
  },
  {
    name: 'an option of a key without its value',
    file: keyed('from'),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].authorizedKeys[0]: option from needs a value: from="…"; write options, if any, and the line of the .pub file',
    ],
  },
  {
    name: 'an option of a key twice',
    file: keyed('command="a",command="b"'),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].authorizedKeys[0]: option command stands there twice; write options, if any, and the line of the .pub file',
    ],
  },
  {
    name: 'an option of hardware on another key',
    file: keyed('verify-required'),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].authorizedKeys[0]: option verify-required is for keys of hardware (sk-…) alone; write options, if any, and the line of the .pub file',
    ],
  },
  {
    name: 'an option that gives back what nobody took',
    file: keyed('pty'),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].authorizedKeys[0]: option pty does nothing without restrict; write options, if any, and the line of the .pub file',
    ],
  },
  {
    name: 'options of a key that exclude each other',
    file: keyed('restrict,no-pty,pty'),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].authorizedKeys[0]: options no-pty and pty exclude each other; write options, if any, and the line of the .pub file',
    ],
  },
  {
    name: 'a key from a place that is none',
    file: keyed('from="a b"'),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].authorizedKeys[0]: from: "a b" is no address, network or host name; write options, if any, and the line of the .pub file',
    ],
  },
  {
    name: 'a key from a network that is none',
    file: keyed('from="192.0.2.1/24"'),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].authorizedKeys[0]: from: 192.0.2.1/24 is no network: address/length, with no bit set after its length; write options, if any, and the line of the .pub file',
    ],
  },
  {
    name: 'a key from everywhere but one place',
    file: keyed('from="!192.0.2.7"'),
    says: [
      'bad.yaml:7:47: error: spec.system.users[0].authorizedKeys[0]: from only excludes, so that nobody can come in by this key; write options, if any, and the line of the .pub file',
    ],
  },
  {
    name: 'a folder mounted at itself',
    file: sys('mounts: [{path: /srv/a, bind: /srv/a}]'),
    says: ['bad.yaml:7:42: error: spec.system.mounts[0].bind: /srv/a would be shown at itself; name the folder that is shown there'],
  },
  {
    name: 'a mount of nothing',
    file: sys('mounts: [{path: /srv/a}]'),
    says: ['bad.yaml:7:21: error: spec.system.mounts[0]: a mount has exactly one of device, nfs, bind, tmpfs; this one has none'],
  },
  {
    name: 'a type of NFS',
    file: sys('mounts: [{path: /srv/a, nfs: "nas:/a", type: nfs4}]'),
    says: ['bad.yaml:7:57: error: spec.system.mounts[0].type: type belongs to a device; nfs has its own; leave it out'],
  },
  {
    name: 'a mount by the name of the moment',
    file: sys('mounts: [{path: /srv/a, device: /dev/sdb1}]'),
    says: [
      'bad.yaml:7:44: warning: spec.system.mounts[0].device: /dev/sdb1 may be another disk after a reboot; write UUID=… as blkid prints it',
    ],
    adds: ['Hypervisor/bad'],
  },
  {
    name: 'an option of fstab',
    file: sys('mounts: [{path: /srv/a, tmpfs: 1Mi, options: [nofail]}]'),
    says: [
      'bad.yaml:7:58: error: spec.system.mounts[0].options[0]: nofail is not an option here: the fields of the mount say so, or the unit does; leave it out',
    ],
  },
  {
    name: 'an option of a mount twice',
    file: sys('mounts: [{path: /srv/a, tmpfs: 1Mi, options: [ro, ro]}]'),
    says: ['bad.yaml:7:62: error: spec.system.mounts[0].options[1]: ro is already at options[0]'],
  },
  {
    name: 'options of a mount that exclude each other',
    file: sys('mounts: [{path: /srv/a, tmpfs: 1Mi, options: [ro, rw]}]'),
    says: ['bad.yaml:7:62: error: spec.system.mounts[0].options[1]: ro and rw exclude each other; leave one of them out'],
  },
  {
    name: 'a file that is loaded and needed',
    file: sys(
      'files: [{path: /etc/a, content: a}, {path: /etc/b, content: b}], services: [{unit: a.service, loads: [/etc/a], needs: [/etc/a]}]',
    ),
    says: ['bad.yaml:7:131: error: spec.system.services[0].needs[0]: /etc/a is in loads already, which is more; leave it out of needs'],
  },
  {
    name: 'units that wait for each other',
    file: sys(
      'files: [{path: /etc/a, content: a}, {path: /etc/b, content: b}], services: [{unit: a.service, loads: [/etc/a], needs: [/etc/b]}, {unit: b.service, loads: [/etc/b], needs: [/etc/a]}]',
    ),
    says: [
      'bad.yaml:7:130: error: spec.system.services[0].needs: the units wait for each other: a.service → b.service → a.service; take a file out of needs of one of them',
    ],
  },
]
