import { container, firewall, hypervisor, mailRoute, manifest, proxy, smartCheck, syslogSink, volume } from './repository.ts'

/** A text field of a real kind: a manifest that is right with a harmless value, and one that is hostile with another. */
export interface TextField {
  readonly name: string
  readonly harmless: string
  /** What has a meaning in its artefact. `blocks` (default): quotes, braces and semicolons; `words`: blanks and line feeds, as in fstab; `none`: the text is all there is. */
  readonly structure?: 'blocks' | 'words' | 'none'
  /** The manifest with this value, which is YAML (double-quoted JSON). */
  readonly file: (value: string) => string
}

const up = 'upstream: {servers: [{address: 192.0.2.80, port: 80}]}'
const vhost = (fields: string): string => proxy({ vhosts: `[{name: v, serverNames: [v.example.com], ${fields}}]` })
const system = (fields: string): string => hypervisor({ system: `{${fields}}` })
const image = (fields: string): string =>
  volume({ lvm: undefined, filesystem: undefined, mount: undefined, image: `{size: 1Gi, ${fields}}` })
const network = (fields: string): string => container({ network: `[${fields}]` })
const sum = 'a'.repeat(64)
const sink = (fields: string): string => syslogSink({ server: `{target: {hypervisor: he1}, listeners: [{protocol: tcp}], ${fields}}` })
const senders = (fields: string): string => syslogSink({ clients: `[{targets: [{container: web}], ${fields}}]` })
const openvz = (fields: string): string => container({ template: undefined, provider: 'openvz', openvz: `{ctid: 101, ${fields}}` })

const nameServer = (edit: Readonly<Record<string, string>>, name = 'bad'): string =>
  manifest('NameServer', { target: '{hypervisor: he1}', address: '192.0.2.10', ...edit }, `{name: ${name}}`)
const zone = (edit: Readonly<Record<string, string>>): string => {
  const records = '[{name: www, type: A, values: [192.0.2.1]}]'
  return `${nameServer({}, 'ns')}---\n${manifest('Zone', { name: 'example.com', primary: 'ns', records, ...edit })}`
}
const record = (fields: string): string => zone({ records: `[{name: www, type: A, values: [192.0.2.1]}, {${fields}}]` })

export const textFields: readonly TextField[] = [
  { name: 'Hypervisor address', harmless: 'he9.example.com', file: (v) => hypervisor({ address: v }) },
  { name: 'Hypervisor user', harmless: 'reeve', file: (v) => hypervisor({ user: v }) },
  { name: 'Hypervisor identity', harmless: 'key', file: (v) => hypervisor({ identity: v }) },
  { name: 'Hypervisor jump', harmless: 'bastion', file: (v) => hypervisor({ jump: v }) },
  {
    name: 'Hypervisor hostKeys',
    harmless: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMq9y8y+sH393EYo33NjLL4G9ChbSeWcQzPTLgwTYAve`,
    file: (v) => hypervisor({ hostKeys: `[${v}]` }),
  },
  { name: 'Hypervisor bridge name', harmless: 'br9', file: (v) => system(`bridges: [{name: ${v}}]`) },
  { name: 'Hypervisor bridge address', harmless: '10.9.0.1/24', file: (v) => system(`bridges: [{name: br9, addresses: [${v}]}]`) },
  { name: 'Hypervisor sysctl key', harmless: 'net.ipv4.ip_forward', file: (v) => system(`sysctl: {${v}: "1"}`) },
  { name: 'Hypervisor sysctl value', harmless: '1', file: (v) => system(`sysctl: {kernel.panic: ${v}}`) },
  { name: 'Hypervisor package', harmless: 'wget', file: (v) => system(`packages: [${v}]`) },
  { name: 'Hypervisor hosts address', harmless: '192.0.2.7', file: (v) => system(`hosts: [{address: ${v}, names: [a]}]`) },
  { name: 'Hypervisor hosts name', harmless: 'a.example.com', file: (v) => system(`hosts: [{address: 192.0.2.7, names: [${v}]}]`) },
  { name: 'System account', harmless: 'ann', file: (v) => system(`users: [{name: ${v}}]`) },
  { name: 'System home', harmless: '/srv/ann', file: (v) => system(`users: [{name: ann, home: ${v}}]`) },
  { name: 'System shell', harmless: '/bin/sh', file: (v) => system(`users: [{name: ann, shell: ${v}}]`) },
  { name: 'System comment', harmless: 'Ann', structure: 'none', file: (v) => system(`users: [{name: ann, comment: ${v}}]`) },
  { name: 'System group', harmless: 'adm', file: (v) => system(`users: [{name: ann, groups: [${v}]}]`) },
  {
    name: 'System hash',
    harmless: `$6$saltsalt$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`,
    file: (v) => system(`users: [{name: ann, password: {hash: ${v}}}]`),
  },
  {
    name: 'System key',
    harmless: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMq9y8y+sH393EYo33NjLL4G9ChbSeWcQzPTLgwTYAve',
    file: (v) => system(`users: [{name: ann, authorizedKeys: [${v}]}]`),
  },
  {
    name: 'System landing',
    harmless: 'inner',
    file: (v) => `${system(`users: [{name: ann, container: ${v}}]`)}---\n${container({ hypervisor: 'bad' }, '{name: inner}')}`,
  },
  {
    name: 'System allowed account',
    harmless: 'root',
    file: (v) => system(`sshd: {allowUsers: [root, ${v}]}`.replace('[root, "root"]', '["root"]')),
  },
  { name: 'System host name', harmless: 'he9', file: (v) => system(`hostname: ${v}`) },
  { name: 'System name server', harmless: '192.0.2.1', file: (v) => system(`resolver: {nameservers: [${v}]}`) },
  { name: 'System domain', harmless: 'example.com', file: (v) => system(`resolver: {nameservers: [192.0.2.1], search: [${v}]}`) },
  { name: 'System time zone', harmless: 'Europe/Berlin', file: (v) => system(`timeZone: ${v}`) },
  { name: 'System locale', harmless: 'de_DE.UTF-8', file: (v) => system(`locale: ${v}`) },
  { name: 'System job', harmless: 'a', file: (v) => system(`cron: [{name: ${v}, schedule: "@daily", command: [a]}]`) },
  { name: 'System schedule', harmless: '@daily', file: (v) => system(`cron: [{name: a, schedule: ${v}, command: [a]}]`) },
  {
    name: 'System user of a job',
    harmless: 'nobody',
    file: (v) => system(`cron: [{name: a, schedule: "@daily", user: ${v}, command: [a]}]`),
  },
  {
    name: 'System word of a job',
    harmless: 'a',
    structure: 'none',
    file: (v) => system(`cron: [{name: a, schedule: "@daily", command: [echo, "x y", ${v}]}]`),
  },
  {
    name: 'System mail of a job',
    harmless: 'ann@example.com',
    file: (v) => system(`cron: [{name: a, schedule: "@daily", command: [a], mailTo: ${v}}]`),
  },
  { name: 'System module', harmless: 'br_netfilter', file: (v) => system(`modules: [${v}]`) },
  { name: 'System time server', harmless: 'ntp.example.com', file: (v) => system(`timeSync: {servers: [${v}]}`) },
  { name: 'Hypervisor file path', harmless: '/etc/x', file: (v) => system(`files: [{path: ${v}, content: x}]`) },
  { name: 'Hypervisor file content', harmless: 'x', structure: 'none', file: (v) => system(`files: [{path: /etc/x, content: ${v}}]`) },
  { name: 'Hypervisor file owner', harmless: 'root:adm', file: (v) => system(`files: [{path: /etc/x, content: x, owner: ${v}}]`) },
  { name: 'Hypervisor file mode', harmless: '0600', file: (v) => system(`files: [{path: /etc/x, content: x, mode: ${v}}]`) },
  { name: 'Hypervisor unit', harmless: 'cron.service', file: (v) => system(`services: [{unit: ${v}}]`) },
  {
    name: 'Hypervisor check word',
    harmless: 'true',
    file: (v) =>
      system(`files: [{path: /etc/x, content: x}], services: [{unit: cron.service, loads: [/etc/x], check: ["/bin/echo", ${v}]}]`),
  },
  { name: 'Volume group', harmless: 'vg', file: (v) => volume({ lvm: `{volumeGroup: ${v}, size: 1Gi}` }) },
  { name: 'Volume name', harmless: 'lv', file: (v) => volume({ lvm: `{volumeGroup: vg_data, name: ${v}, size: 1Gi}` }) },
  { name: 'Volume size', harmless: '1Gi', file: (v) => volume({ lvm: `{volumeGroup: vg_data, size: ${v}}` }) },
  { name: 'Volume label', harmless: 'x', file: (v) => volume({ filesystem: `{type: ext4, label: ${v}}` }) },
  { name: 'Volume pool', harmless: 'pool', file: (v) => volume({ lvm: `{volumeGroup: vg_data, size: 1Gi, thinPool: ${v}}` }) },
  {
    name: 'Volume device',
    harmless: '/dev/disk/by-id/x',
    file: (v) => volume({ lvm: `{volumeGroup: vg_new, size: 1Gi, createVolumeGroup: {devices: [${v}]}}` }),
  },
  { name: 'Volume image, inside', harmless: 'x', structure: 'none', file: (v) => image(`path: ${below(v)}`) },
  { name: 'Volume image to copy, inside', harmless: 'x', structure: 'none', file: (v) => image(`path: /srv/i, copyFrom: ${below(v)}`) },
  {
    name: 'Volume image file',
    harmless: '/a',
    file: (v) => image(`path: /srv/x, copyFrom: /srv/y, customize: {files: [{path: ${v}, content: x}]}`),
  },
  {
    name: 'Volume image file owner',
    harmless: '0:0',
    file: (v) => image(`path: /srv/x, copyFrom: /srv/y, customize: {files: [{path: /a, content: x, owner: ${v}}]}`),
  },
  { name: 'Volume image owner', harmless: 'root', file: (v) => image(`path: /srv/x, owner: ${v}`) },
  { name: 'Volume mount path', harmless: '/srv/x', file: (v) => volume({ mount: `{path: ${v}}` }) },
  { name: 'Volume mount path, inside', harmless: 'x', structure: 'words', file: (v) => volume({ mount: `{path: ${below(v)}}` }) },
  { name: 'Volume mount option', harmless: 'noatime', file: (v) => volume({ mount: `{path: /srv/x, options: [${v}]}` }) },
  { name: 'Volume mount owner', harmless: 'root', file: (v) => volume({ mount: `{path: /srv/x, owner: ${v}}` }) },
  { name: 'Container name of LXC', harmless: 'Box_9', file: (v) => container({ lxc: `{name: ${v}}` }) },
  { name: 'Container hostname', harmless: 'box.example.com', file: (v) => container({ hostname: v }) },
  {
    name: 'Container archive',
    harmless: '/srv/a.tar',
    file: (v) => container({ template: `{type: archive, path: ${v}, sha256: ${sum}}` }),
  },
  {
    name: 'Container root volume',
    harmless: 'lv9',
    file: (v) => container({ rootfs: `{lvm: {volumeGroup: vg_data, name: ${v}, size: 1Gi}}` }),
  },
  { name: 'Container interface', harmless: 'eth9', file: (v) => network(`{name: ${v}, bridge: br-lxc}`) },
  { name: 'Container bridge', harmless: 'br-lxc', file: (v) => network(`{name: eth0, bridge: ${v}}`) },
  { name: 'Container MAC', harmless: '00:16:3e:00:00:09', file: (v) => network(`{name: eth0, bridge: br-lxc, mac: ${v}}`) },
  { name: 'Container address', harmless: '192.168.100.9/24', file: (v) => network(`{name: eth0, bridge: br-lxc, ipv4: {address: ${v}}}`) },
  {
    name: 'Container gateway',
    harmless: '192.168.100.1',
    file: (v) => network(`{name: eth0, bridge: br-lxc, ipv4: {address: 192.168.100.9/24, gateway: ${v}}}`),
  },
  { name: 'Container name server', harmless: '192.0.2.53', file: (v) => container({ dns: `{nameservers: [${v}]}` }) },
  { name: 'Container search domain', harmless: 'example.com', file: (v) => container({ dns: `{searchDomains: [${v}]}` }) },
  { name: 'Container group', harmless: 'g', file: (v) => container({ autostart: `{groups: [${v}]}` }) },
  { name: 'Container CPUs', harmless: '0-1', file: (v) => container({ resources: `{cpuSet: ${v}}` }) },
  { name: 'Container memory', harmless: '64Mi', file: (v) => container({ resources: `{memory: ${v}}` }) },
  { name: 'Container key', harmless: 'ssh-ed25519 AAAA me@home', file: (v) => container({ authorizedKeys: `[${v}]` }) },
  { name: 'Container template of OpenVZ', harmless: 'debian-12', file: (v) => openvz(`ostemplate: ${v}`) },
  { name: 'Container sample of OpenVZ', harmless: 'vps.lv', file: (v) => openvz(`ostemplate: d, config: ${v}`) },
  { name: 'Container base of a sample', harmless: 'basic', file: (v) => openvz(`config: s, configSample: {from: ${v}}`) },
  {
    name: 'Container parameter of a sample',
    harmless: 'ONBOOT',
    file: (v) => openvz(`config: s, configSample: {from: b, set: {${v}: "1"}}`),
  },
  {
    name: 'Container value of a sample',
    harmless: '/vz/x',
    file: (v) => openvz(`config: s, configSample: {from: b, set: {VE_ROOT: ${v}}}`),
  },
  { name: 'Container address on venet', harmless: '192.0.2.9', file: (v) => openvz(`ips: [${v}]`) },
  { name: 'Container disk quota', harmless: '8Gi:9Gi', file: (v) => openvz(`diskspace: ${v}`) },
  { name: 'Container quota of inodes', harmless: '8:9', file: (v) => openvz(`diskinodes: ${v}`) },
  { name: 'Container beancounter', harmless: '8:9', file: (v) => openvz(`ubc: {numfile: ${v}}`) },
  {
    name: 'Firewall log prefix',
    harmless: 'denied',
    file: (v) => firewall({ target: '{container: web}', policy: '{input: drop}', log: `{prefix: ${v}}` }),
  },
  { name: 'Firewall rule name', harmless: 'r', file: (v) => firewall({ rules: `[{name: ${v}, chain: input, action: accept}]` }) },
  {
    name: 'Firewall source',
    harmless: '10.0.0.1',
    file: (v) => firewall({ rules: `[{name: r, chain: input, action: accept, source: ${v}}]` }),
  },
  {
    name: 'Firewall port',
    harmless: '80',
    file: (v) => firewall({ rules: `[{name: r, chain: input, action: accept, protocol: tcp, ports: ${v}}]` }),
  },
  {
    name: 'Firewall interface',
    harmless: 'eth0',
    file: (v) => firewall({ rules: `[{name: r, chain: input, action: accept, interface: ${v}}]` }),
  },
  { name: 'Firewall set', harmless: 's', file: (v) => firewall({ sets: `{${v}: {type: ipv4, elements: [10.0.0.1]}}` }) },
  { name: 'Firewall element', harmless: '10.0.0.1', file: (v) => firewall({ sets: `{s: {type: ipv4, elements: [${v}]}}` }) },
  { name: 'Firewall new address', harmless: '10.0.0.1', file: (v) => firewall({ nat: `[{name: n, type: dnat, port: 81, to: ${v}}]` }) },
  {
    name: 'Firewall rate',
    harmless: '1/second',
    file: (v) => firewall({ rules: `[{name: r, chain: input, action: accept, limit: {rate: ${v}}}]` }),
  },
  {
    name: 'Firewall prefix of a rule',
    harmless: 'odd',
    file: (v) => firewall({ rules: `[{name: r, chain: input, action: accept, log: {prefix: ${v}}}]` }),
  },
  {
    name: 'Firewall source port',
    harmless: '53',
    file: (v) => firewall({ rules: `[{name: r, chain: input, action: accept, protocol: udp, sourcePorts: [${v}]}]` }),
  },
  {
    name: 'Firewall state',
    harmless: 'new',
    file: (v) => firewall({ rules: `[{name: r, chain: input, action: accept, states: [${v}]}]` }),
  },
  { name: 'Firewall element of ports', harmless: '8080', file: (v) => firewall({ sets: `{s: {type: ports, elements: [${v}]}}` }) },
  {
    name: 'Firewall proof',
    harmless: '192.0.2.1:80',
    file: (v) => firewall({ target: '{container: web}', rules: '[{name: r, chain: input, action: accept}]', confirm: `{tcp: [${v}]}` }),
  },
  { name: 'Proxy vhost name', harmless: 'w', file: (v) => proxy({ vhosts: `[{name: ${v}, serverNames: [v.example.com], ${up}}]` }) },
  { name: 'Proxy server name', harmless: 'w.example.com', file: (v) => proxy({ vhosts: `[{name: v, serverNames: [${v}], ${up}}]` }) },
  { name: 'Proxy upstream', harmless: '192.0.2.1', file: (v) => vhost(`upstream: {servers: [{address: ${v}, port: 80}]}`) },
  { name: 'Proxy root', harmless: '/srv/x', file: (v) => vhost(`root: ${v}`) },
  { name: 'Proxy header name', harmless: 'X-A', file: (v) => vhost(`${up}, headers: {set: {${v}: b}}`) },
  { name: 'Proxy header value', harmless: 'b', file: (v) => vhost(`${up}, headers: {set: {X-A: ${v}}}`) },
  { name: 'Proxy answer', harmless: 'b', file: (v) => vhost(`respond: {status: 200, body: ${v}}`) },
  { name: 'Proxy content type', harmless: 'text/html', file: (v) => vhost(`respond: {status: 200, contentType: ${v}}`) },
  { name: 'Proxy location', harmless: '/x', file: (v) => vhost(`${up}, locations: [{path: ${v}, root: /srv/x}]`) },
  { name: 'Proxy location, inside', harmless: 'x', file: (v) => vhost(`${up}, locations: [{path: ${below(v)}, root: /srv/x}]`) },
  { name: 'Proxy log', harmless: '/var/log/x', file: (v) => vhost(`${up}, accessLog: {server: ${v}}`) },
  { name: 'Proxy listen', harmless: '127.0.0.1', file: (v) => vhost(`${up}, listen: {addresses: [${v}]}`) },
  { name: 'Proxy certificate', harmless: '/etc/x', file: (v) => vhost(`${up}, tls: {certificate: ${v}, key: /k}`) },
  { name: 'Proxy key', harmless: '/etc/x', file: (v) => vhost(`${up}, tls: {certificate: /c, key: ${v}}`) },
  { name: 'Proxy challenges', harmless: '/srv/x', file: (v) => vhost(`${up}, tls: {certificate: /c, key: /k, challengeRoot: ${v}}`) },
  { name: 'Proxy HSTS', harmless: '30d', file: (v) => vhost(`${up}, tls: {certificate: /c, key: /k, hsts: {maxAge: ${v}}}`) },
  { name: 'Proxy redirect', harmless: '/x', file: (v) => vhost(`redirect: {to: ${v}}`) },
  { name: 'Proxy redirect, inside', harmless: 'x', file: (v) => vhost(`redirect: {to: ${below(v)}}`) },
  { name: 'Proxy redirect to a host', harmless: 'x', file: (v) => vhost(`redirect: {to: ${host(v)}, keepPath: true}`) },
  { name: 'Proxy fallback', harmless: '/x', file: (v) => vhost(`root: /srv/x, fallback: ${v}`) },
  { name: 'Proxy fallback, inside', harmless: 'x', file: (v) => vhost(`root: /srv/x, fallback: ${below(v)}`) },
  { name: 'Proxy index', harmless: 'x.html', file: (v) => vhost(`root: /srv/x, index: [${v}]`) },
  { name: 'Proxy suffix', harmless: '.x', file: (v) => vhost(`${up}, locations: [{path: ${v}, match: Suffix, root: /srv/x}]`) },
  {
    name: 'Proxy FastCGI socket',
    harmless: '/run/x',
    file: (v) => vhost(`${up}, locations: [{path: /x, fastcgi: {socket: ${v}, root: /srv/x}}]`),
  },
  {
    name: 'Proxy FastCGI root',
    harmless: '/srv/x',
    file: (v) => vhost(`${up}, locations: [{path: /x, fastcgi: {socket: /s, root: ${v}}}]`),
  },
  {
    name: 'Proxy FastCGI script',
    harmless: '/srv/x',
    file: (v) => vhost(`${up}, locations: [{path: /x, fastcgi: {socket: /s, script: ${v}}}]`),
  },
  { name: 'Proxy request header name', harmless: 'X-A', file: (v) => vhost(`${up}, headers: {request: {${v}: b}}`) },
  { name: 'Proxy request header value', harmless: 'b', file: (v) => vhost(`${up}, headers: {request: {X-A: ${v}}}`) },
  { name: 'Proxy hidden header', harmless: 'X-A', file: (v) => vhost(`${up}, headers: {hide: [${v}]}`) },
  { name: 'Proxy rate', harmless: '1r/s', file: (v) => vhost(`${up}, limits: {requests: {rate: ${v}}}`) },
  { name: 'Proxy time', harmless: '5s', file: (v) => vhost(`${up}, limits: {client: ${v}}`) },
  {
    name: 'Proxy trusted address',
    harmless: '10.0.0.1',
    file: (v) => proxy({ trustedProxies: `{addresses: [${v}]}`, vhosts: `[{name: v, serverNames: [v.example.com], ${up}}]` }),
  },
  { name: 'Proxy probe path', harmless: '/x', file: (v) => vhost(`${up}, probe: {path: ${below(v)}}`) },
  { name: 'Proxy probe host', harmless: 'x', file: (v) => vhost(`${up}, probe: {host: ${v}}`) },
  {
    name: 'MailRoute hostname',
    harmless: 'a.example.net',
    structure: 'words',
    file: (v) => mailRoute({ gateways: `[{target: {container: web}, hostname: ${v}}]` }),
  },
  {
    name: 'MailRoute listen',
    harmless: '192.0.2.1',
    structure: 'words',
    file: (v) => mailRoute({ gateways: `[{target: {container: web}, hostname: a.example.net, addresses: [${v}]}]` }),
  },
  {
    name: 'MailRoute domain',
    harmless: 'a.example',
    structure: 'words',
    file: (v) => mailDomain(`name: ${v}, target: {host: 192.0.2.25}`),
  },
  {
    name: 'MailRoute host',
    harmless: 'mx.other.net',
    structure: 'words',
    file: (v) => mailDomain(`name: example.com, target: {host: ${v}}`),
  },
  {
    name: 'MailRoute recipient',
    harmless: 'ann',
    structure: 'words',
    file: (v) => mailRoute({ domains: `[{name: example.com, target: {host: 192.0.2.25}, recipients: {addresses: [${v}]}}]` }),
  },
  {
    name: 'MailRoute name of a certificate',
    harmless: 'a.example',
    structure: 'words',
    file: (v) => mailDomain(`name: example.com, target: {host: 192.0.2.25}, tls: {level: secure, match: [${v}]}`),
  },
  {
    name: 'MailRoute redirect',
    harmless: 'a@example.com',
    structure: 'words',
    file: (v) => mailRoute({ redirects: `[{from: ${v}, to: [alice@example.com]}]` }),
  },
  {
    name: 'MailRoute redirect to',
    harmless: 'x@other.example',
    structure: 'words',
    file: (v) => mailRoute({ redirects: `[{from: a@example.com, to: [${v}]}]` }),
  },
  {
    name: 'MailRoute route',
    harmless: 'vip@example.com',
    structure: 'words',
    file: (v) => mailRoute({ routes: `[{address: ${v}, target: {host: 192.0.2.9}}]` }),
  },
  { name: 'MailRoute relay', harmless: '10.0.0.0/8', structure: 'words', file: (v) => mailRoute({ relayFrom: `[${v}]` }) },
  { name: 'MailRoute size', harmless: '50Mi', structure: 'words', file: (v) => mailRoute({ limits: `{messageSize: ${v}}` }) },
  { name: 'MailRoute lifetime', harmless: '5d', structure: 'words', file: (v) => mailRoute({ limits: `{queueLifetime: ${v}}` }) },
  { name: 'MailRoute warning', harmless: '4h', structure: 'words', file: (v) => mailRoute({ limits: `{delayWarning: ${v}}` }) },
  { name: 'MailRoute probe', harmless: 'alice@example.com', structure: 'words', file: (v) => mailRoute({ probes: `{accept: [${v}]}` }) },
  { name: 'SmartCheck id', harmless: 'ata-X_1', structure: 'words', file: (v) => smartCheck({ devices: `[{id: ${v}}]` }) },
  { name: 'SmartCheck path', harmless: '/dev/sda', structure: 'words', file: (v) => smartCheck({ devices: `[{path: ${v}}]` }) },
  { name: 'SmartCheck type', harmless: 'sat', structure: 'words', file: (v) => smartCheck({ devices: `[{id: ata-X_1, type: ${v}}]` }) },
  { name: 'SmartCheck pattern', harmless: 'S/../.././02', structure: 'words', file: (v) => smartCheck({ schedule: `{pattern: ${v}}` }) },
  { name: 'SmartCheck stagger', harmless: '2h', file: (v) => smartCheck({ schedule: `{long: {hour: 1, weekday: Sat}, stagger: ${v}}` }) },
  { name: 'SmartCheck mail', harmless: 'ops@example.org', structure: 'words', file: (v) => smartCheck({ notify: `{mail: [${v}]}` }) },
  { name: 'SmartCheck program', harmless: '/bin/x', structure: 'words', file: (v) => smartCheck({ notify: `{mail: [root], exec: ${v}}` }) },
  { name: 'SmartCheck interval', harmless: '1h', file: (v) => smartCheck({ interval: v }) },
  { name: 'NameServer address', harmless: '192.0.2.11', file: (v) => nameServer({ address: v }) },
  { name: 'NameServer listen', harmless: '192.0.2.11', file: (v) => nameServer({ listen: `[${v}]` }) },
  { name: 'NameServer network', harmless: '10.0.0.0/8', file: (v) => nameServer({ recursion: `{enabled: true, allowFrom: [${v}]}` }) },
  {
    name: 'NameServer forwarder',
    harmless: '192.0.2.53',
    file: (v) => nameServer({ recursion: `{enabled: true, allowFrom: [10.0.0.0/8], forwarders: [${v}]}` }),
  },
  {
    name: 'NameServer search',
    harmless: 'example.com',
    file: (v) => nameServer({ clients: `[{target: {hypervisor: he1}, nameservers: [192.0.2.1], search: [${v}]}]` }),
  },
  { name: 'Zone name', harmless: 'example.org', file: (v) => zone({ name: v }) },
  { name: 'Zone name server', harmless: 'ns.example.org.', file: (v) => zone({ nameservers: `[${v}]` }) },
  { name: 'Zone mail address', harmless: 'a@example.org', file: (v) => zone({ soa: `{rname: ${v}}` }) },
  { name: 'Zone to notify', harmless: '192.0.2.7', file: (v) => zone({ alsoNotify: `[${v}]` }) },
  { name: 'Zone owner', harmless: 'a', file: (v) => record(`name: ${v}, type: TXT, values: [x]`) },
  { name: 'Zone type', harmless: 'TXT', file: (v) => record(`name: a, type: ${v}, values: [x]`) },
  { name: 'Zone alias', harmless: 'www', file: (v) => record(`name: a, type: CNAME, values: [${v}]`) },
  { name: 'Zone mail host', harmless: 'www', file: (v) => record(`name: a, type: MX, values: [{preference: 1, exchange: ${v}}]`) },
  { name: 'Zone tag', harmless: 'issue', file: (v) => record(`name: a, type: CAA, values: [{flags: 0, tag: ${v}, value: x}]`) },
  {
    name: 'Zone parameter',
    harmless: 'h2',
    file: (v) => record(`name: a, type: HTTPS, values: [{priority: 1, target: ., params: {alpn: ${v}}}]`),
  },
  { name: 'SyslogSink directory', harmless: '/srv/log', file: (v) => sink(`directory: ${v}`) },
  { name: 'SyslogSink layout', harmless: '{fromip}/a.log', file: (v) => sink(`layout: ${v}`) },
  {
    name: 'SyslogSink listener',
    harmless: '192.0.2.10',
    file: (v) => syslogSink({ server: `{target: {hypervisor: he1}, listeners: [{protocol: tcp, address: ${v}}]}` }),
  },
  {
    name: 'SyslogSink certificate',
    harmless: '/etc/ssl/a.crt',
    file: (v) => sink(`tls: {certificate: ${v}, key: /b, ca: /c, permittedPeers: [a.test]}`),
  },
  { name: 'SyslogSink peer', harmless: 'a.test', file: (v) => sink(`tls: {certificate: /a, key: /b, ca: /c, permittedPeers: [${v}]}`) },
  { name: 'SyslogSink selector', harmless: 'mail.err', file: (v) => senders(`forward: [{selector: ${v}}]`) },
  { name: 'SyslogSink address', harmless: 'log.example.com', file: (v) => senders(`address: ${v}`) },
]

/** A domain with those users whom it should have. */
function mailDomain(fields: string): string {
  return mailRoute({ domains: `[{${fields}, recipients: {addresses: [alice, postmaster, abuse]}}]` })
}

/** The value as the last part of a path. */
function below(value: string): string {
  return JSON.stringify(`/srv/${JSON.parse(value) as string}`)
}

/** The value as part of a host. */
function host(value: string): string {
  return JSON.stringify(`https://h${JSON.parse(value) as string}`)
}
