import type { Vhost } from '../places.ts'

/** One set for whatever is served: a module that came and went with a field could be gone while an undone configuration still asks for it. */
const always = [
  'headers.load',
  'lbmethod_bybusyness.load',
  'lbmethod_byrequests.load',
  'proxy.conf',
  'proxy.load',
  'proxy_balancer.conf',
  'proxy_balancer.load',
  'proxy_fcgi.load',
  'proxy_http.load',
  'proxy_wstunnel.load',
  'remoteip.load',
  'rewrite.load',
  'slotmem_shm.load',
] as const

/** With it Debian's ports.conf opens port 443, so only where somebody asks for it. */
const forTls = ['mime.conf', 'mime.load', 'setenvif.conf', 'setenvif.load', 'socache_shmcb.load', 'ssl.conf', 'ssl.load'] as const

/** Files of mods-available that a2enmod(8) links: `apache2ctl -t` says nothing of a missing proxy_http, and each request then fails. */
export function modules(vhosts: readonly Vhost[]): readonly string[] {
  return [...always, ...(vhosts.some(({ tls }) => tls) ? forTls : [])]
}
