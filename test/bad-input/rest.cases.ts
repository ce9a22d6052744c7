import { type BadInput, container, firewall, hypervisor, proxy, smartCheck, volume } from './repository.ts'

const vhost = (fields: string): string => proxy({ vhosts: `[{name: app, serverNames: [a.example.com], ${fields}}]` })
const window = (cron: string, duration: string): string => container({ maintenanceWindow: `{cron: "${cron}", duration: ${duration}}` })

export const restCases: readonly BadInput[] = [
  {
    name: 'a window that is too short',
    file: window('0 3 * * 6', '30s'),
    says: ['bad.yaml:8:52: error: spec.maintenanceWindow.duration: a window of 30s is too short: at least 1m'],
  },
  {
    name: 'a window that lasts for ever',
    file: window('0 3 * * 6', '999d999d999d999d'),
    says: ['bad.yaml:8:52: error: spec.maintenanceWindow.duration: 999d999d999d999d is longer than ten years'],
  },
  {
    name: 'a window of four fields',
    file: window('0 3 * *', '1h'),
    says: [
      'bad.yaml:8:29: error: spec.maintenanceWindow.cron: "0 3 * *" has 4 fields, not 5; write minute, hour, day, month and weekday, for example 0 3 * * 6',
    ],
  },
  {
    name: 'a window that never comes',
    file: window('0 3 31 2 *', '1h'),
    says: [
      'bad.yaml:8:29: error: spec.maintenanceWindow.cron: "0 3 31 2 *" never comes; write minute, hour, day, month and weekday, for example 0 3 * * 6',
    ],
  },
  {
    name: 'a probe of a firewall beyond all ports',
    file: firewall({ confirm: '{tcp: ["192.0.2.1:99999"]}' }),
    says: ['bad.yaml:6:19: error: spec.confirm.tcp[0]: confirm.tcp must be HOST:PORT with a port of 1-65535'],
  },
  {
    name: 'a set of another name',
    file: firewall({ sets: '{a: {type: ipv4, elements: [192.0.2.1]}}', rules: '[{name: r, chain: input, source: "@b", action: drop}]' }),
    says: ['bad.yaml:7:43: error: spec.rules[0].source: no set b in this manifest; there are a'],
  },
  {
    name: 'a bridge with a prefix beyond IPv6',
    file: hypervisor({ system: '{bridges: [{name: br0, addresses: ["2001:db8::1/129"]}]}' }),
    says: ['bad.yaml:7:46: error: spec.system.bridges[0].addresses[0]: 2001:db8::1/129 is not an IPv6 address with its prefix length'],
  },
  {
    name: 'a location that is the vhost',
    file: vhost('root: /srv, locations: [{path: /, root: /srv/a}]'),
    says: ['bad.yaml:6:85: error: spec.vhosts[0].locations[0].path: what / serves is said by the vhost itself'],
  },
  {
    name: 'a root that climbs',
    file: vhost('root: /srv/../etc'),
    says: ['bad.yaml:6:60: error: spec.vhosts[0].root: /srv/../etc is not normalised; leave . and .. out'],
  },
  {
    name: 'a carriage return in a header',
    file: vhost('root: /srv, headers: {set: {X-A: "a\\rb"}}'),
    says: ['bad.yaml:6:87: error: spec.vhosts[0].headers.set["X-A"]: control character (carriage return) not allowed'],
  },
  {
    name: 'headers that the proxy writes itself',
    file: vhost(
      'upstream: {servers: [{address: 192.0.2.1, port: 80}]}, headers: {request: {X-Real-IP: a, X-Forwarded-For: a, X-Forwarded-Host: a, Upgrade: a, Connection: a, Content-Length: a, Transfer-Encoding: a}}',
    ),
    says: [
      'bad.yaml:6:140: error: spec.vhosts[0].headers.request["X-Real-IP"]: X-Real-IP is not set here: headers.realIp says it',
      'bad.yaml:6:160: error: spec.vhosts[0].headers.request["X-Forwarded-For"]: X-Forwarded-For is not set here: headers.forwardedFor says it',
      'bad.yaml:6:181: error: spec.vhosts[0].headers.request["X-Forwarded-Host"]: X-Forwarded-Host is not set here: it is always the name that the client asked for',
      'bad.yaml:6:193: error: spec.vhosts[0].headers.request["Upgrade"]: Upgrade is not set here: websockets says it',
      'bad.yaml:6:208: error: spec.vhosts[0].headers.request["Connection"]: Connection is not set here: websockets says it',
      'bad.yaml:6:227: error: spec.vhosts[0].headers.request["Content-Length"]: Content-Length is not set here: the proxy itself says how long a request is',
      'bad.yaml:6:249: error: spec.vhosts[0].headers.request["Transfer-Encoding"]: Transfer-Encoding is not set here: the proxy itself says how long a request is',
    ],
  },
  {
    name: 'a server name with a control character',
    file: proxy({ vhosts: '[{name: app, serverNames: ["a\\nb"], root: /srv}]' }),
    says: ['bad.yaml:6:38: error: spec.vhosts[0].serverNames[0]: not a host name (control character "\\n" at 1)'],
  },
  {
    name: 'a cache without a size',
    file: proxy({
      provider: 'varnish',
      cache: '{memory: 99999999999999999999Gi}',
      vhosts: '[{name: app, serverNames: [a.b], upstream: {servers: [{address: 192.0.2.1, port: 80}]}}]',
    }),
    says: ['bad.yaml:7:19: error: spec.cache.memory: "99999999999999999999Gi" is not a size; write for example 10Gi or 512Mi'],
  },
  {
    name: 'a schedule of two halves that are too many',
    file: smartCheck({ schedule: `{pattern: "${'(S|L)'.repeat(10)}|${'(S|L)'.repeat(10)}"}` }),
    says: [
      'bad.yaml:7:23: error: spec.schedule.pattern: (S|L)(S|L)(S|L)(S|L)(S|L)(S|L)(S|L)(S|L)(S|L)(S|L)|(S|L)(S|L)(S|L)(S|L)(S|L)(S|L)(S|L)(S|L)(S|L)(S|L) is no schedule: it has too many alternatives',
    ],
  },
  {
    name: 'a size of too many digits',
    file: volume({ lvm: '{volumeGroup: vg_data, size: 99999999999999999999Gi}' }),
    says: ['bad.yaml:6:37: error: spec.lvm.size: "99999999999999999999Gi" is not a size; write for example 10Gi or 512Mi'],
  },
  {
    name: 'a size beyond everything',
    file: volume({ lvm: '{volumeGroup: vg_data, size: 999999Pi}' }),
    says: ['bad.yaml:6:37: error: spec.lvm.size: 999999Pi is larger than anything there is'],
  },
  {
    name: 'a root volume that is a folder',
    file: container({ rootfs: '{lvm: {volumeGroup: vg_data, name: .., size: 1Gi}}' }),
    says: [
      'bad.yaml:7:46: error: spec.rootfs.lvm.name: rootfs.lvm.name .. may hold only a-z A-Z 0-9 + _ . - and not begin with -; name the logical volume in rootfs.lvm.name',
    ],
  },
  {
    name: 'memory with a bare unit',
    file: container({ resources: '{memory: 512M}' }),
    says: ['bad.yaml:8:23: error: spec.resources.memory: resources.memory: write 512Mi: a bare M means 1024s to LVM and 1000s to others'],
  },
]
