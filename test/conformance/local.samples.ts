import { account } from '../../controller/primitives/account/spec.ts'
import { block } from '../../controller/primitives/block/spec.ts'
import { bridge } from '../../controller/primitives/bridge/spec.ts'
import { diskImage } from '../../controller/primitives/diskImage/spec.ts'
import { file } from '../../controller/primitives/file/spec.ts'
import { group } from '../../controller/primitives/group/spec.ts'
import { link } from '../../controller/primitives/link/spec.ts'
import { mailHoldings } from '../../controller/primitives/mailHoldings/spec.ts'
import { recipientCopy, recipientSource } from '../../controller/primitives/mailRecipients/spec.ts'
import { sysctl } from '../../controller/primitives/sysctl/spec.ts'
import { tree } from '../../controller/primitives/tree/spec.ts'
import { Secret } from '../../controller/shell/secret.ts'
import { mainWith, tableOf } from '../kinds/firewall/fleet.ts'
import { type Sample, treeOf } from './sample.ts'

const odd = `/mnt/od d/$(touch owned)/it's "x"; \`id\``
const quoted = `'${odd.replaceAll("'", `'\\''`)}'`
const root = { mode: '0640', owner: 'root:root' } as const
const table = tableOf(mainWith('policy: {input: drop}\nrules:\n  - {name: ssh, chain: input, protocol: tcp, ports: [22], action: accept}'))
const nft = 'nft -s list ruleset | sed "s/# handle.*//"'

const hash = `$6$saltsalt$${'a'.repeat(86)}`
const key = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMq9y8y+sH393EYo33NjLL4G9ChbSeWcQzPTLgwTYAve it's "me" $(id)`
/** Without the copies that shadow's tools keep of the files before. */
const accounts = `${treeOf('/mnt', '/home')}; for p in passwd shadow group gshadow subuid subgid; do cat /etc/$p; stat -c '%a %U' /etc/$p; done; ls /etc | grep -v -e '-$'`

/** Samples that a real shell in namespaces of its own can carry out. */
export const localSamples: readonly Sample[] = [
  {
    type: 'file',
    name: 'a file',
    wanted: [file({ path: '/mnt/new/deep/a', content: 'one\ntwo', ...root })],
    spoil: 'echo other >/mnt/new/deep/a; chmod 600 /mnt/new/deep/a',
    footprint: treeOf('/mnt', '/etc'),
  },
  {
    type: 'file',
    name: 'a file with a hostile name',
    wanted: [file({ path: odd, content: '\0\u0001\n', ...root })],
    spoil: `rm ${quoted}`,
    footprint: treeOf('/mnt', '/etc'),
  },
  {
    type: 'block',
    name: 'a block in a file of somebody else',
    before: `printf 'a\\n\\tb\\r\\nc' >/mnt/f; chmod 4711 /mnt/f`,
    wanted: [block({ path: '/mnt/f', name: 'x', content: '$(id)\n\t"ü\\\n', position: { before: 'c' } })],
    spoil: `printf 'a\\n# BEGIN reeve conform x\\nmine\\n# END reeve conform x\\nc\\nd' >/mnt/f`,
    footprint: treeOf('/mnt', '/etc'),
  },
  {
    type: 'block',
    name: 'a block in a file that it makes, and two in one file',
    before: 'echo a >/mnt/two',
    wanted: [
      block({ path: '/mnt/new', name: 'x', content: 'one\n', leader: '//', created: { mode: '0640', owner: 'root:daemon' } }),
      block({ path: '/mnt/two', name: 'x', content: 'one\n' }),
      block({ path: '/mnt/two', name: 'y', content: '' }),
    ],
    spoil: `rm /mnt/new; sed -i 's/one/ONE/; s/# BEGIN reeve conform y/; BEGIN reeve conform y/' /mnt/two`,
    footprint: treeOf('/mnt', '/etc'),
  },
  {
    type: 'block',
    name: 'a block in a mount point with a hostile name',
    before: `mkdir -p ${quoted}; echo a >/mnt/real; echo >${quoted}/f; mount --bind /mnt/real ${quoted}/f`,
    wanted: [block({ path: `${odd}/f`, name: 'x', content: 'one\n' })],
    spoil: `echo a >${quoted}/f`,
    footprint: treeOf('/mnt', '/etc'),
  },
  {
    type: 'tree',
    name: 'a tree',
    wanted: [tree({ path: '/mnt/t', files: { 'a.conf': { content: 'a', ...root }, b: { content: '', ...root } } })],
    spoil: 'echo x >>/mnt/t/a.conf; rm /mnt/t/b; echo y >/mnt/t/c',
    footprint: treeOf('/mnt', '/etc'),
  },
  {
    type: 'tree',
    name: 'a tree with a hostile name',
    before: `mkdir -p ${quoted}`,
    wanted: [tree({ path: `${odd}/t`, files: { a: { content: '$(id)', ...root } } })],
    spoil: `rm ${quoted}/t`,
    footprint: treeOf('/mnt', '/etc'),
  },
  {
    type: 'link',
    name: 'a link',
    wanted: [link({ path: '/mnt/l', to: '/mnt/nowhere' })],
    spoil: 'ln -sfn /elsewhere /mnt/l',
    footprint: treeOf('/mnt', '/etc'),
  },
  {
    type: 'link',
    name: 'a link that shall not be',
    before: 'ln -s /somewhere /mnt/off',
    wanted: [link({ path: '/mnt/off', to: undefined, adopt: 'Replace' })],
    spoil: 'ln -s /somewhere /mnt/off',
    footprint: treeOf('/mnt', '/etc'),
  },
  {
    type: 'link',
    name: 'a link with a hostile name',
    before: `mkdir -p ${quoted}`,
    wanted: [link({ path: `${odd}/l`, to: '$(id) "\'' })],
    spoil: `rm ${quoted}/l`,
    footprint: treeOf('/mnt', '/etc'),
  },
  {
    type: 'mailRecipients',
    name: 'the users of a domain, and the map of a gateway',
    before: `printf '%s\\n' 'compatibility_level = 3.6' 'mydestination = example.com' 'alias_maps =' >/etc/postfix/main.cf; touch -d '1 minute ago' /etc/postfix/main.cf`,
    wanted: [
      recipientSource('example.com', []),
      recipientCopy({ path: '/mnt/recipients', head: '# Managed by Reeve, fleet conform, Kind/one\n', domains: [] }, []),
    ],
    spoil: 'echo eve@example.com known >>/mnt/recipients; chmod 600 /mnt/recipients',
    footprint: treeOf('/mnt', '/etc/postfix'),
  },
  {
    type: 'mailHoldings',
    name: 'what others wrote for Postfix',
    before: `printf '%s\\n' 'compatibility_level = 3.6' 'transport_maps = texthash:/etc/postfix/theirs' >/etc/postfix/main.cf; echo a.example x >/etc/postfix/theirs; touch -d '1 minute ago' /etc/postfix/main.cf /etc/postfix/theirs`,
    wanted: [mailHoldings({ ownKeys: [], ownMaps: '/etc/postfix/reeve' })],
    spoil: 'echo eve.example y >>/etc/postfix/theirs; touch -d "1 minute ago" /etc/postfix/theirs',
    footprint: treeOf('/mnt', '/etc/postfix'),
    isOnlyRead: true,
  },
  {
    type: 'sysctl',
    name: 'a kernel setting',
    before: 'echo 0 >/proc/sys/net/ipv4/ip_forward',
    wanted: [sysctl('net.ipv4.ip_forward', '1')],
    spoil: 'echo 0 >/proc/sys/net/ipv4/ip_forward; echo net.ipv4.ip_forward=0 >/etc/sysctl.d/90-reeve-net.ipv4.ip_forward.conf',
    footprint: `${treeOf('/mnt', '/etc')}; cat /proc/sys/net/ipv4/ip_forward`,
  },
  {
    type: 'bridge',
    name: 'a bridge',
    wanted: [bridge({ name: 'br-x.1', addresses: ['192.0.2.1/24', '2001:db8::1/64'] })],
    spoil:
      'ip addr del 192.0.2.1/24 dev br-x.1; ip addr add 192.0.2.9/24 dev br-x.1; ip link set br-x.1 down; rm -f /etc/systemd/system/*br*x*',
    footprint: `${treeOf('/mnt', '/etc')}; ip -br link | sed 's/ .*//'; ip -o addr | awk '{print $2, $4}' | grep -v fe80 | sort`,
  },
  {
    type: 'bridge',
    name: 'a bridge that takes an interface with its address and routes',
    before:
      'ip link add up0 type veth peer name up1; ip link set up0 up; ip link set up1 up; ip addr add 192.0.2.2/24 brd + dev up0; ip -6 addr add 2001:db8::2/64 dev up0 nodad; ip route add default via 192.0.2.1 dev up0; ip route add 198.51.100.0/24 via 192.0.2.1 dev up0 table 9',
    wanted: [bridge({ name: 'br-y', addresses: ['192.0.2.2/24', '2001:db8::2/64'], ports: ['up0'] })],
    spoil: 'ip link set up0 nomaster; ip addr add 192.0.2.2/24 dev up0; rm -f /etc/systemd/system/*br*y*',
    footprint: `${treeOf('/mnt', '/etc')}; ip -br link | sed 's/ .*//'; ip -o addr | awk '{print $2, $4}' | grep -v fe80 | sort; ip route show table all | grep -v -e 'table local' -e fe80 | sed 's/ linkdown//' | sort; cat /sys/class/net/up0/master/uevent 2>/dev/null || :`,
  },
  {
    type: 'account',
    name: 'an account with all of its fields',
    wanted: [
      account({
        name: 'conf_one',
        isSystem: false,
        uid: 31234,
        home: '/mnt/home/conf_one',
        shell: '/bin/sh',
        comment: `It's "$(id)", ü; \\`,
        groups: ['daemon', 'adm'],
        password: new Secret(hash),
        keys: [key, 'ssh-rsa AAAA'],
      }),
    ],
    spoil: `usermod -s /bin/false -c other -G adm,users -p '$6$x$y' conf_one; echo own >>/mnt/home/conf_one/.ssh/authorized_keys; sed -i /ssh-rsa/d /mnt/home/conf_one/.ssh/authorized_keys`,
    footprint: accounts,
  },
  {
    type: 'account',
    name: 'an account that was there',
    before: `useradd -m -c was -s /bin/false -p '$6$x$y' conf_two; install -d -m 755 -o conf_two /home/conf_two/.ssh; printf mine >/home/conf_two/.ssh/authorized_keys; chmod 644 /home/conf_two/.ssh/authorized_keys; chown -R conf_two: /home/conf_two; chage -d 12345 conf_two`,
    wanted: [account({ name: 'conf_two', isSystem: false, shell: '/bin/sh', comment: '', groups: [], password: 'locked', keys: [key] })],
    spoil: `passwd -q -d conf_two; usermod -e 1970-01-02 conf_two`,
    footprint: accounts,
  },
  {
    type: 'account',
    name: 'the account of a daemon, whose group is there',
    before: 'groupadd -g 4321 conf-three',
    wanted: [account({ name: 'conf-three', isSystem: true, shell: '/usr/sbin/nologin', keys: [] })],
    spoil: 'usermod -s /bin/sh conf-three',
    footprint: accounts,
  },
  {
    type: 'group',
    name: 'a group with its number, and one of a daemon',
    wanted: [group({ name: 'conf-group', gid: 31235, isSystem: false }), group({ name: 'conf-daemon', isSystem: true })],
    spoil: 'groupdel conf-group',
    footprint: accounts,
  },
  {
    type: 'diskImage',
    name: 'an image with a hostile name, over another one',
    before: `mkdir -p ${quoted}; qemu-img create -q -f qcow2 /mnt/base.qcow2 4M`,
    wanted: [
      diskImage({
        path: `${odd}/i`,
        sizeBytes: 8n << 20n,
        source: { how: 'backing', path: '/mnt/base.qcow2' },
        owner: 'root',
        mode: '0640',
      }),
    ],
    spoil: `chmod 644 ${quoted}/i; chown daemon ${quoted}/i`,
    footprint: treeOf('/mnt', '/etc'),
  },
  {
    type: 'diskImage',
    name: 'an image with files written into it',
    before:
      'mkdir -p /mnt/vm /mnt/tree/etc; mkfs.ext4 -q -d /mnt/tree /mnt/raw 8M; qemu-img convert -f raw -O qcow2 /mnt/raw /mnt/base.qcow2; rm -r /mnt/raw /mnt/tree',
    wanted: [
      diskImage({
        path: '/mnt/vm/i.qcow2',
        sizeBytes: 8n << 20n,
        source: { how: 'backing', path: '/mnt/base.qcow2' },
        customize: { partition: 0, files: [{ path: '/etc/hostname', content: "it's $(id)\n", mode: '0640', owner: '0:12' }] },
        mode: '0640',
      }),
    ],
    spoil: 'echo other >/mnt/vm/i.qcow2.reeve-customized',
    footprint: treeOf('/mnt', '/etc'),
  },
  {
    type: 'nftTable',
    name: 'a firewall',
    before: 'mkdir -p /var/lib/reeve/nft; nft add table ip foreign',
    wanted: [table],
    spoil: 'nft flush chain inet reeve input; rm -f /var/lib/reeve/nft/current.nft',
    footprint: `${treeOf('/mnt', '/etc', '/var/lib/reeve/nft')}; ${nft}`,
  },
]
