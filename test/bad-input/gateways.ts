import { container, mailRoute, manifest } from './repository.ts'

type Edit = Readonly<Record<string, string>>

const gateways = '[{target: {container: web}, hostname: mx.example.net}, {target: {hypervisor: he1}, hostname: he1.example.net}]'

/** A MailRoute of two gateways, of which nothing else is to be said. */
export function routed(edit: Edit): string {
  return mailRoute({ gateways, ...edit })
}

/** The same with a container beside it that declares no address. */
export function routedBesideNowhere(edit: Edit): string {
  return `${routed(edit)}---\n${container({}, '{name: nowhere}')}`
}

/** The same with the zone of its domain beside it, of these records. */
export function routedBesideZone(records: string): string {
  const server = manifest('NameServer', { target: '{hypervisor: he1}', address: '192.0.2.10' }, '{name: ns}')
  const zone = manifest('Zone', { name: 'example.com', primary: 'ns', records: `[${records}]` }, '{name: com}')
  return `${routed({})}---\n${server}---\n${zone}`
}
