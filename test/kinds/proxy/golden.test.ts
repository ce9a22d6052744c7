import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Placement } from '../../../controller/model/target.ts'
import { mergeServices, type ServiceSpec } from '../../../controller/primitives/service/spec.ts'
import { mergeTrees, type TreeSpec } from '../../../controller/primitives/tree/spec.ts'
import { complaints, fleetOf, kindOf } from '../fleet.ts'

const golden = join(import.meta.dirname, 'golden')

/** Everything that a fleet's proxies ask for, joined as the engine joins it. */
function rendered(yaml: string): string {
  const fleet = fleetOf(yaml)
  expect(complaints(fleet, 'Proxy')).toEqual([])
  const kind = kindOf('Proxy')
  const specs = fleet.all('Proxy').flatMap((one) => kind.compile(one, kind.place(one, fleet)[0] as Placement, fleet))
  const trees = specs.filter((spec): spec is TreeSpec => spec.type === 'tree')
  const services = specs.filter((spec): spec is ServiceSpec => spec.type === 'service')
  const tree = trees.reduce((one, other) => joined(mergeTrees(one, other)))
  const service = services.reduce((one, other) => joined(mergeServices(one, other)))
  const files = Object.entries(tree.files).sort(([one], [other]) => (one < other ? -1 : 1))
  const ids = [...new Set(specs.map(({ id }) => id))].sort().join('\n')
  return `${ids}\n\nproven by ${JSON.stringify(service.prove, null, 1)}\n\n${files.map(([name, { content }]) => `=== ${name}\n${content}`).join('\n')}`
}

function joined<T>(result: T | string): T {
  if (typeof result === 'string') throw new Error(result)
  return result
}

test.each(['edge', 'static', 'two-proxies', 'hostile', 'full', 'apache', 'varnish'])('the fleet %s renders as it did', async (name) => {
  await expect(rendered(readFileSync(join(golden, `${name}.yaml`), 'utf8'))).toMatchFileSnapshot(join(golden, `${name}.txt`))
})

/** All that is rendered beyond blocks, and known to nginx 1.18 (Debian 11), the oldest one that is claimed: nginx.org/en/docs/dirindex.html, by "appeared in version". */
const known = [
  ...['access_log', 'add_header', 'client_body_timeout', 'client_max_body_size', 'default_type', 'index', 'keepalive', 'listen', 'return'],
  ...['fastcgi_hide_header', 'fastcgi_param', 'fastcgi_pass', 'fastcgi_connect_timeout', 'fastcgi_read_timeout', 'ip_hash', 'least_conn'],
  ...['limit_conn', 'limit_conn_status', 'limit_conn_zone', 'limit_req', 'limit_req_status', 'limit_req_zone', 'log_format'],
  ...['proxy_connect_timeout', 'proxy_hide_header', 'proxy_http_version', 'proxy_pass', 'proxy_read_timeout', 'proxy_set_header'],
  ...['real_ip_header', 'real_ip_recursive', 'root', 'send_timeout', 'server', 'server_name', 'server_names_hash_bucket_size'],
  ...['set_real_ip_from', 'ssl_certificate', 'ssl_certificate_key', 'ssl_ciphers', 'ssl_prefer_server_ciphers', 'ssl_protocols'],
  ...['ssl_session_cache', 'ssl_session_tickets', 'ssl_session_timeout', 'try_files', 'zone', 'geo', 'location', 'map', 'upstream'],
]

test.each(['edge', 'static', 'two-proxies', 'hostile', 'full'])('the fleet %s asks for nothing that nginx 1.18 does not know', (name) => {
  const text = readFileSync(join(golden, `${name}.txt`), 'utf8').split('=== 00-http.conf')[1] ?? ''
  const words = [...text.matchAll(/^ *([a-z_0-9]+) .*[;{]$/gm)].flatMap(([, word = '']) => (word === 'default' ? [] : [word]))
  expect(words.length).toBeGreaterThan(10)
  expect([...new Set(words)].filter((word) => !known.includes(word))).toEqual([])
})
