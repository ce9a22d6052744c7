import type { NativeHost } from '../lab/nspawn.ts'

/** What manifests are made of. */
export interface FleetParts {
  /** Has all kinds, and a container. */
  readonly main: NativeHost
  /** Sends its log to the other. */
  readonly sender: NativeHost
  /** Hash of a user's password. */
  readonly crypt: string
}

export const tlsKey = '/etc/ssl/private/canary.key'
const certificate = '/etc/ssl/canary.crt'
const boxRoot = '/srv/box/rootfs'
/** Of the container: the kernel's names of cgroups are the same for all hosts of this machine. */
export const boxName = `box-${process.pid}`
/** To be run here once the host has ended: it cannot remove what lies outside of its own. */
export const sweepBox = `find /sys/fs/cgroup -depth -type d -name 'lxc.*.${boxName}*' -exec rmdir {} + 2>/dev/null || :`
/** What the container itself wrote: its root shows the host's files too. */
export const boxWrites = '/srv/box/upper'

/** Manifests in which every place that takes a secret has one. */
export function manifestsOf({
  main,
  sender,
  crypt,
}: FleetParts): Readonly<Record<string, { readonly kind: string; readonly [field: string]: unknown }>> {
  const users = [{ name: 'ann', password: { hash: crypt } }]
  const mailer = (provider: string, secretRef: string) => ({
    provider,
    hub: { host: 'mail.example.org' },
    auth: { user: 'relay', secretRef },
    root: 'ops@example.org',
  })
  const reach = ({ address, port, hostKey }: NativeHost) => ({ address, ports: [port], hostKeys: [hostKey], adopt: 'Replace' })
  return {
    'he.yaml': {
      kind: 'Hypervisor',
      metadata: { name: main.name },
      spec: { ...reach(main), system: { mailer: mailer('postfix', 'relay'), users } },
    },
    'sender.yaml': { kind: 'Hypervisor', metadata: { name: sender.name }, spec: reach(sender) },
    'box.yaml': {
      kind: 'Container',
      metadata: { name: boxName },
      spec: {
        hypervisor: main.name,
        rootfs: { dir: { path: boxRoot } },
        adopt: 'Replace',
        restarts: 'Always',
        system: { mailer: mailer('ssmtp', 'boxrelay'), users },
      },
    },
    'ns.yaml': {
      kind: 'NameServer',
      metadata: { name: 'dns' },
      spec: {
        target: { hypervisor: main.name },
        address: main.address,
        exposure: 'public',
        adopt: 'Replace',
        transferKeys: [{ secretRef: 'xfer' }],
      },
    },
    'zone.yaml': {
      kind: 'Zone',
      metadata: { name: 'home' },
      spec: {
        name: 'home.example',
        primary: 'dns',
        mode: 'Dynamic',
        updaters: [{ secretRef: 'update' }],
        records: [{ name: 'www', type: 'A', values: ['192.0.2.1'] }],
      },
    },
    'proxy.yaml': {
      kind: 'Proxy',
      metadata: { name: 'edge' },
      spec: {
        target: { hypervisor: main.name },
        replaceDistroDefault: true,
        adopt: 'Replace',
        vhosts: [
          {
            name: 'www',
            default: true,
            serverNames: ['canary.test'],
            tls: { certificate, key: tlsKey },
            respond: { status: 200, body: 'Hello' },
          },
        ],
      },
    },
    'syslog.yaml': {
      kind: 'SyslogSink',
      metadata: { name: 'central' },
      spec: {
        server: {
          target: { hypervisor: main.name },
          listeners: [{ protocol: 'tcp', port: 6514 }],
          tls: { certificate, key: tlsKey, ca: certificate, permittedPeers: ['canary.test'] },
        },
        clients: [
          {
            targets: [{ hypervisor: sender.name }],
            tls: { certificate, key: tlsKey, ca: certificate, peer: 'canary.test' },
            forward: [{ selector: '*.notice' }],
          },
        ],
      },
    },
  }
}

/** On a host: a key of TLS as an administrator lays it there, which Reeve never reads but by the daemons' own checkers. */
export const makeTlsKey = `mkdir -p /etc/ssl/private && cd /etc/ssl
openssl req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=canary.test -addext subjectAltName=DNS:canary.test -keyout ${tlsKey} -out ${certificate} 2>/dev/null
chmod 0600 ${tlsKey}; cat ${tlsKey}`

/** Packages that the hosts cannot fetch: they have no way out. */
const standIn = (name: string, root = ''): string => `mkdir -p /tmp/stand-in/DEBIAN && cd /tmp
printf 'Package: ${name}\\nVersion: 9\\nArchitecture: all\\nMaintainer: test\\nDescription: stand-in\\n' >stand-in/DEBIAN/control
dpkg-deb -b stand-in ${root}/tmp/${name}.deb >/dev/null && rm -r stand-in`

/** A container whose root is the host's own under an overlay; its first process does nothing, and needs no more. Postfix asks no mechanism of SASL here. */
export const makeBox = `set -e
mkdir -p /srv/box /var/lib/lxc/${boxName}
mount -t tmpfs none /srv/box
cd /srv/box && mkdir upper work rootfs
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work ${boxRoot}
${standIn('libsasl2-modules')}
dpkg -i /tmp/libsasl2-modules.deb >/dev/null
${standIn('ssmtp', boxRoot)}
cat >/var/lib/lxc/${boxName}/config <<'END'
lxc.uts.name = ${boxName}
lxc.rootfs.path = dir:${boxRoot}
lxc.net.0.type = empty
lxc.apparmor.profile = unconfined
lxc.init.cmd = /bin/sleep infinity
END
for tree in /sys/fs/cgroup/*/; do mount -o remount,rw,bind $tree || :; done
lxc-start -n ${boxName} </dev/null
lxc-attach -n ${boxName} --clear-env -- sh -c 'dpkg -i /tmp/ssmtp.deb && mkdir -p /etc/ssmtp' >/dev/null`
