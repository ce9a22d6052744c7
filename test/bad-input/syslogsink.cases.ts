import { type BadInput, container, syslogSink } from './repository.ts'

const cases: readonly (readonly [name: string, file: string, says: string, adds?: string])[] = [
  [
    'a client that nobody is',
    syslogSink({ clients: '[{}]' }),
    'bad.yaml:6:13: error: spec.clients[0]: nobody sends by this client; add targets or targetSelector',
  ],
  [
    'one machine that sends twice',
    syslogSink({ clients: '[{targets: [{container: web}]}, {targets: [{container: web}], protocol: tcp}]' }),
    'bad.yaml:6:55: error: spec.clients[1].targets[0]: web sends already, by spec.clients[0].targets[0]',
  ],
  [
    'a sink that sends to itself',
    syslogSink({ clients: '[{targets: [{hypervisor: he1}]}]' }),
    'bad.yaml:6:13: error: spec.clients[0]: forwarding loop: he1 → he1',
  ],
  [
    'a client of a container that there is not',
    syslogSink({ clients: '[{targets: [{container: wbe}]}]' }),
    'bad.yaml:6:36: error: spec.clients[0].targets[0].container: there is no Container "wbe"; did you mean "web"?',
  ],
  [
    'a client that is a container and a hypervisor',
    syslogSink({ clients: '[{targets: [{container: web, hypervisor: he1}]}]' }),
    'bad.yaml:6:24: error: spec.clients[0].targets[0]: container and hypervisor exclude each other; write only one of container, hypervisor',
  ],
  [
    'a client that is named by nothing',
    syslogSink({ clients: '[{targets: [{}]}]' }),
    'bad.yaml:6:24: error: spec.clients[0].targets[0]: one of container, hypervisor is missing',
  ],
  [
    'a severity that there is not',
    syslogSink({ clients: '[{targets: [{container: web}], forward: [{selector: "*.crti"}]}]' }),
    'bad.yaml:6:64: error: spec.clients[0].forward[0].selector: unknown severity "crti"; did you mean crit?',
  ],
  [
    'a facility that there is not',
    syslogSink({ clients: '[{targets: [{container: web}], forward: [{selector: "local8.*"}]}]' }),
    'bad.yaml:6:64: error: spec.clients[0].forward[0].selector: unknown facility "local8"; did you mean local0?',
  ],
  [
    'a facility like no other',
    syslogSink({ clients: '[{targets: [{container: web}], forward: [{selector: "foo.*"}]}]' }),
    'bad.yaml:6:64: error: spec.clients[0].forward[0].selector: unknown facility "foo"; one of kern user mail daemon auth syslog lpr news uucp cron authpriv ftp local0 local1 local2 local3 local4 local5 local6 local7',
  ],
  [
    'half a selector',
    syslogSink({ clients: '[{targets: [{container: web}], forward: [{selector: crit}]}]' }),
    'bad.yaml:6:64: error: spec.clients[0].forward[0].selector: "crit" is no selector: facility.severity expected, such as "mail.err" or "*.crit"',
  ],
  [
    'a selector that takes nothing',
    syslogSink({ clients: '[{targets: [{container: web}], forward: [{selector: "*.none"}]}]' }),
    'bad.yaml:6:64: error: spec.clients[0].forward[0].selector: "*.none" matches no message',
  ],
  [
    'none with a sign',
    syslogSink({ clients: '[{targets: [{container: web}], forward: [{selector: "*.*;mail.!none"}]}]' }),
    'bad.yaml:6:64: error: spec.clients[0].forward[0].selector: "!none": none stands without ! and =',
  ],
  [
    'a selector with an action',
    syslogSink({ clients: '[{targets: [{container: web}], forward: [{selector: "*.* |/bin/sh"}]}]' }),
    'bad.yaml:6:64: error: spec.clients[0].forward[0].selector: "*.* |/bin/sh" is not allowed here; As in rsyslog.conf(5), for example "*.crit", "authpriv.notice" or "*.info;mail.none"',
  ],
  [
    'an empty list of selectors',
    syslogSink({ clients: '[{targets: [{container: web}], forward: []}]' }),
    'bad.yaml:6:52: error: spec.clients[0].forward: the list is too short: at least 1 item',
  ],
  [
    'a queue of udp',
    syslogSink({
      server: '{target: {hypervisor: he1}, listeners: [{protocol: udp}]}',
      clients: '[{targets: [{container: web}], protocol: udp, queue: {memory: 1000}}]',
    }),
    'bad.yaml:6:65: error: spec.clients[0].queue: udp cannot queue; use tcp or relp, or leave queue out',
  ],
  [
    'a protocol that the sink does not speak',
    syslogSink({ clients: '[{targets: [{container: web}], protocol: relp}]' }),
    'bad.yaml:6:53: error: spec.clients[0].protocol: the sink does not listen on relp, only on tcp',
  ],
  [
    'a protocol that nobody speaks',
    syslogSink({ clients: '[{targets: [{container: web}], protocol: sctp}]' }),
    'bad.yaml:6:53: error: spec.clients[0].protocol: must be one of tcp, udp, relp, not the text "sctp"',
  ],
  [
    'a port that there is not',
    syslogSink({ server: '{target: {hypervisor: he1}, listeners: [{protocol: tcp, port: 99999}]}' }),
    'bad.yaml:5:73: error: spec.server.listeners[0].port: 99999 is too large: at most 65535',
  ],
  [
    'two listeners on one port',
    syslogSink({ server: '{target: {hypervisor: he1}, listeners: [{protocol: tcp}, {protocol: relp, port: 514}]}' }),
    'bad.yaml:5:68: error: spec.server.listeners[1]: listeners[0] has tcp 514 already; give one of them another port or address',
  ],
  [
    'an address that is none',
    syslogSink({ server: '{target: {hypervisor: he1}, listeners: [{protocol: tcp, address: 192.168.1.256}]}' }),
    'bad.yaml:5:76: error: spec.server.listeners[0].address: "192.168.1.256" is not an IP address',
  ],
  [
    'no listener',
    syslogSink({ server: '{target: {hypervisor: he1}, listeners: []}' }),
    'bad.yaml:5:50: error: spec.server.listeners: the list is too short: at least 1 item',
  ],
  [
    'a layout that climbs',
    syslogSink({ server: '{target: {hypervisor: he1}, listeners: [{protocol: tcp}], layout: "../{hostname}.log"}' }),
    'bad.yaml:5:77: error: spec.server.layout: layout may not contain ".."',
  ],
  [
    'a layout from the root',
    syslogSink({ server: '{target: {hypervisor: he1}, listeners: [{protocol: tcp}], layout: "/{hostname}.log"}' }),
    'bad.yaml:5:77: error: spec.server.layout: layout is a file below directory: no "/" at its ends, and no two of them together',
  ],
  [
    'a layout with a token that there is not',
    syslogSink({ server: '{target: {hypervisor: he1}, listeners: [{protocol: tcp}], layout: "{host}.log"}' }),
    'bad.yaml:5:77: error: spec.server.layout: unknown token {host}; tokens are {fromip} {hostname} {program} {facility} {date}',
  ],
  [
    'a layout with half a token',
    syslogSink({ server: '{target: {hypervisor: he1}, listeners: [{protocol: tcp}], layout: "{hostname.log"}' }),
    'bad.yaml:5:77: error: spec.server.layout: unknown token {hostname.log; tokens are {fromip} {hostname} {program} {facility} {date}',
  ],
  [
    'a layout with the other half',
    syslogSink({ server: '{target: {hypervisor: he1}, listeners: [{protocol: tcp}], layout: "hostname}.log"}' }),
    'bad.yaml:5:77: error: spec.server.layout: a brace of hostname}.log stands alone',
  ],
  [
    'a layout without an ending',
    syslogSink({ server: '{target: {hypervisor: he1}, listeners: [{protocol: tcp}], layout: "{fromip}/{hostname}"}' }),
    'bad.yaml:5:77: error: spec.server.layout: layout must end in text such as .log, by which logrotate tells a log from an old one',
  ],
  [
    'a hidden layout',
    syslogSink({ server: '{target: {hypervisor: he1}, listeners: [{protocol: tcp}], layout: "{fromip}/.log"}' }),
    'bad.yaml:5:77: error: spec.server.layout: {fromip}/.log has a hidden name: Reeve keeps its own notes in such a one',
  ],
  [
    'a folder that is no path',
    syslogSink({ server: '{target: {hypervisor: he1}, listeners: [{protocol: tcp}], directory: "/var/log/../../etc"}' }),
    'bad.yaml:5:80: error: spec.server.directory: "/var/log/../../etc" is not allowed here; Folder under which the logs are kept',
  ],
  [
    'a rotation by the minute',
    syslogSink({ server: '{target: {hypervisor: he1}, listeners: [{protocol: tcp}], rotation: {maxSize: 4Ki}}' }),
    'bad.yaml:5:89: error: spec.server.rotation.maxSize: 4Ki is less than 1Mi: a file would last for minutes',
  ],
  ['an interval of seconds', syslogSink({ interval: '30s' }), 'bad.yaml:6:13: error: spec.interval: interval is 1m to 1d, not 30s'],
  [
    'TLS for udp alone',
    syslogSink({
      server:
        '{target: {hypervisor: he1}, listeners: [{protocol: udp}], tls: {certificate: /a, key: /b, ca: /c, permittedPeers: [a.test]}}',
    }),
    'bad.yaml:5:74: error: spec.server.tls: no listener takes TLS: it is for tcp alone; add a listener with protocol: tcp, or leave tls out',
  ],
  [
    'TLS on one side, that of the sink',
    syslogSink({
      server:
        '{target: {hypervisor: he1}, listeners: [{protocol: tcp}], tls: {certificate: /a, key: /b, ca: /c, permittedPeers: [a.test]}}',
      clients: '[{targets: [{container: web}]}]',
    }),
    'bad.yaml:6:13: error: spec.clients[0]: the sink asks for TLS on tcp, and this client has none; add tls',
  ],
  [
    'TLS on one side, that of the sender',
    syslogSink({ clients: '[{targets: [{container: web}], tls: {certificate: /a, key: /b, ca: /c, peer: a.test}}]' }),
    'bad.yaml:6:48: error: spec.clients[0].tls: the sink speaks no TLS; add spec.server.tls, or leave tls out',
  ],
  [
    'TLS for relp',
    syslogSink({
      server: '{target: {hypervisor: he1}, listeners: [{protocol: relp}]}',
      clients: '[{targets: [{container: web}], protocol: relp, tls: {certificate: /a, key: /b, ca: /c, peer: a.test}}]',
    }),
    'bad.yaml:6:64: error: spec.clients[0].tls: relp has no TLS here; use protocol: tcp, or leave tls out',
  ],
  [
    'a name for peers that is none',
    syslogSink({
      server:
        '{target: {hypervisor: he1}, listeners: [{protocol: tcp}], tls: {certificate: /a, key: /b, ca: /c, permittedPeers: ["a.*.test"]}}',
    }),
    'bad.yaml:5:126: error: spec.server.tls.permittedPeers[0]: "a.*.test" is not allowed here; A DNS name; * for its first label',
  ],
  [
    'a queue that spills after it is full',
    syslogSink({ clients: '[{targets: [{container: web}], queue: {memory: 100, spillAt: 100}}]' }),
    'bad.yaml:6:73: error: spec.clients[0].queue.spillAt: spillAt (100) must be below memory (100)',
  ],
  [
    'a queue with less disk than one of its files',
    syslogSink({ clients: '[{targets: [{container: web}], queue: {maxDisk: 1Mi}}]' }),
    'bad.yaml:6:60: error: spec.clients[0].queue.maxDisk: maxDisk is at least 4Mi, not 1Mi',
  ],
  [
    'a queue measured in thousands',
    syslogSink({ clients: '[{targets: [{container: web}], queue: {maxDisk: 256M}}]' }),
    'bad.yaml:6:60: error: spec.clients[0].queue.maxDisk: "256M" is not allowed here; How much of the disk they may take; then the newest are lost',
  ],
  [
    'a sink on nothing',
    syslogSink({ server: '{target: {}, listeners: [{protocol: tcp}]}' }),
    'bad.yaml:5:20: error: spec.server.target: one of container, hypervisor is missing',
  ],
  [
    'a sink that is not said',
    syslogSink({ server: undefined }),
    'bad.yaml:4:1: error: spec: the field "server" is missing; The machine that keeps the logs of the others, in a rule set of its own, so that its own log stays as it is',
  ],
  [
    'a sink in a container without an address',
    `${syslogSink({ server: '{target: {container: bare}, listeners: [{protocol: tcp}]}', clients: '[{targets: [{hypervisor: he1}]}]' })}---\n${container({}, '{name: bare}')}`,
    'bad.yaml:6:13: error: spec.clients[0]: Container bare declares no IPv4 address to send to; give it network[].ipv4.address, or write address here',
    'Container/bare',
  ],
]

export const syslogSinkCases: readonly BadInput[] = cases.map(([name, file, says, adds]) => ({
  name: `log sink: ${name}`,
  file,
  says: [says],
  ...(adds === undefined ? {} : { adds: [adds] }),
}))
