import { afterAll, beforeAll, expect, it } from 'vitest'
import { optionsFile } from '../../../controller/kinds/nameserver/files.ts'
import type { NameServerManifest } from '../../../controller/kinds/nameserver/places.ts'
import { type Named, startNamed } from '../../primitives/dnsZone/named.ts'
import { fleetOf } from '../fleet.ts'

// A forwarder that knows names of its own and nothing of DNSSEC, and a resolver as Debian has it: dnssec-validation auto.
let forwarder: Named
let resolver: Named
beforeAll(async () => {
  ;[forwarder, resolver] = [await startNamed(), await startNamed()]
  await forwarder.run(`install -d -o bind /var/lib/bind/reeve
printf '%s\\n' '$TTL 60' '. 60 IN SOA ns. root. 1 60 60 600 60' '. 60 IN NS ns.' 'ns. 60 IN A ${forwarder.address}' 'www.lan. 60 IN A 192.0.2.7' 'www.example. 60 IN A 192.0.2.8' >/var/lib/bind/reeve/db.root`)
  await forwarder.configure('zone "." { type primary; file "/var/lib/bind/reeve/db.root"; };')
}, 60_000)
afterAll(async () => {
  await forwarder?.[Symbol.asyncDispose]()
  await resolver?.[Symbol.asyncDispose]()
})

function options(more: string): string {
  const fleet = fleetOf(`apiVersion: reeve.dev/v1
kind: NameServer
metadata: {name: ns1}
spec: {target: {hypervisor: he1}, address: ${resolver.address}, exposure: internal, recursion: {enabled: true, allowFrom: [127.0.0.0/8]${more}}}
`)
  return optionsFile(fleet.get('NameServer', 'ns1') as NameServerManifest, fleet)
}

it.each([
  ['what is signed by nobody is not resolved', '', ['SERVFAIL', 'SERVFAIL']],
  ['but for the domains that are named', ', validateExcept: [lan]', ['NOERROR', 'SERVFAIL']],
  ['and everything is, where all is named', ', validateExcept: ["."]', ['NOERROR', 'NOERROR']],
])('%s', async (_, more, statuses) => {
  await resolver.run(`cat >/etc/bind/ours.conf <<'X'\n${options(more)}\nX
sed -i 's|^options {.*|options { include "/etc/bind/ours.conf"; directory "/var/cache/bind"; listen-on { ${resolver.address}; }; listen-on-v6 { none; }; dnssec-validation auto;|' /etc/bind/named.conf`)
  await resolver.configure(`zone "." { type forward; forward only; forwarders { ${forwarder.address}; }; };`)
  await resolver.stop()
  await resolver.start()
  const status = async (name: string) =>
    (await resolver.run(`dig +tries=1 +time=9 @${resolver.address} ${name} A | sed -n 's/.*status: \\([A-Z]*\\).*/\\1/p'`)).trim()
  expect([await status('www.lan'), await status('www.example')]).toEqual(statuses)
})
