import { type BadInput, nameServer } from './repository.ts'

export const nameServerCases: readonly BadInput[] = [
  {
    name: 'a public server that resolves for everybody',
    says: [
      'bad.yaml:7:42: error: spec.recursion.allowFrom[0]: public name server must not recurse for allowFrom any; name the networks, or set exposure: internal',
    ],
    file: nameServer({ recursion: '{enabled: true, allowFrom: [any]}' }),
  },
  {
    name: 'recursion for nobody',
    says: ['bad.yaml:7:14: error: spec.recursion: recursion needs allowFrom: the networks that it resolves for'],
    file: nameServer({ recursion: '{enabled: true}' }),
  },
  {
    name: 'forwarders of nobody',
    says: ['bad.yaml:7:43: error: spec.recursion.forwarders: forwarders mean nothing without enabled: true'],
    file: nameServer({ recursion: '{enabled: false, forwarders: [192.0.2.1]}' }),
  },
  {
    name: 'a server that forwards to itself',
    says: ['bad.yaml:7:68: error: spec.recursion.forwarders[0]: it would ask itself at 192.0.2.10, without end'],
    file: nameServer({ recursion: '{enabled: true, allowFrom: [10.0.0.0/8], forwarders: [192.0.2.10]}' }),
  },
  {
    name: 'a network that is none',
    says: ['bad.yaml:7:42: error: spec.recursion.allowFrom[0]: "10.0.0.0/33" is neither an IP address nor a network'],
    file: nameServer({ recursion: '{enabled: true, allowFrom: [10.0.0.0/33]}' }),
  },
  {
    name: 'a client twice',
    says: ['bad.yaml:7:77: error: spec.clients[1].target: clients[0] is the same target'],
    file: nameServer({
      clients: '[{target: {hypervisor: he1}, nameservers: [192.0.2.1]}, {target: {hypervisor: he1}, nameservers: [192.0.2.1]}]',
    }),
  },
  {
    name: 'a client of nobody',
    says: ['bad.yaml:7:55: error: spec.clients[0].nameservers[0]: 1.2.3.999 is neither an IP address nor a NameServer with one'],
    file: nameServer({ clients: '[{target: {hypervisor: he1}, nameservers: ["1.2.3.999"]}]' }),
  },
  {
    name: 'a name server at an address that is none',
    says: ['bad.yaml:6:12: error: spec.address: "999.1.1.1" is not an IP address'],
    file: nameServer({ address: '999.1.1.1' }),
  },
  {
    name: 'a name server that nobody reaches',
    says: [
      'bad.yaml:5:11: error: spec.target: it has no address that others reach it at; give its Container network[].ipv4.address, or set spec.address',
    ],
    file: nameServer({ address: undefined }),
  },
  {
    name: 'a name server that listens on no address',
    says: ['bad.yaml:7:12: error: spec.listen[0]: "192.0.2.300" is not an IPv4 address'],
    file: nameServer({ listen: '[192.0.2.300]' }),
  },
  {
    name: 'a forwarder that is no address',
    says: ['bad.yaml:7:68: error: spec.recursion.forwarders[0]: "192.0.2.300" is not an IP address'],
    file: nameServer({ recursion: '{enabled: true, allowFrom: [10.0.0.0/8], forwarders: [192.0.2.300]}' }),
  },
  {
    name: 'a transfer key twice',
    says: ['bad.yaml:7:47: error: spec.transferKeys[1].secretRef: pw is named twice; leave one out'],
    file: nameServer({ transferKeys: '[{secretRef: pw}, {secretRef: pw}]' }),
    secrets: { 'secrets/pw.age': 'open:c2VjcmV0c2VjcmV0c2VjcmV0' },
  },
  {
    name: 'a transfer key that is a password',
    says: [
      'bad.yaml:7:30: error: spec.transferKeys[0].secretRef: the secret pw is no key in base64 of 12 octets or more; make one with: tsig-keygen | sed -n \'s/.*secret "\\(.*\\)".*/\\1/p\'',
    ],
    file: nameServer({ transferKeys: '[{secretRef: pw}]' }),
    secrets: { 'secrets/pw.age': 'open:not a key' },
  },
]
