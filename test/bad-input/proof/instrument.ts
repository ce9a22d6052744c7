import { registerHooks } from 'node:module'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { claimsOf, edited, gatesOf, type Site, sitesOf } from './sites.ts'

/** Files that judge what people wrote. */
const judges =
  /^controller\/(kinds\/.*|system\/.*|manifests\/.*|config|git\/url|model\/(quantity|address|cpuList|ids)|primitives\/[^/]*\/spec)\.ts$/

/** Files among them whose sentences are no findings, and what they are. */
const others: Readonly<Record<string, string>> = {
  'controller/kinds/container/health.ts': 'vitals',
  'controller/kinds/container/lxc/guest.ts': 'arguments of ip(8)',
  'controller/kinds/proxy/certificates.ts': 'vitals',
  'controller/kinds/proxy/nginx/files.ts': 'configuration of nginx',
  'controller/kinds/proxy/varnish/files.ts': 'a unit of systemd',
  'controller/kinds/smartcheck/judge.ts': 'alarms',
  'controller/manifests/removal.ts': 'reasons why things stay on a host',
  'controller/manifests/approvals.ts': 'descriptions in a schema',
  'controller/primitives/block/spec.ts': 'what a constructor throws',
  'controller/primitives/file/spec.ts': 'a regular expression',
}

/** A character of Unicode's private planes that stands for one site, and is in no message of ours. */
export function markOf(index: number): string {
  return String.fromCodePoint(0xf0000 + index)
}

export const anyMark = /[\u{f0000}-\u{ffffd}]/gu

/** Puts a mark behind every sentence of the modules that are loaded from now on. The list grows with them. */
export function instrument(root: string): readonly Site[] {
  const sites: Site[] = []
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      const file = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : ''
      if (!judges.test(file) || file in others || /\/kinds\/[^/]*\/spec\.ts$|vitals/i.test(file)) return loaded
      const text = String(loaded.source)
      const found = sitesOf(file, text, (index) => markOf(sites.length + index))
      const claims = claimsOf(file, text, (index) => markOf(sites.length + found.length + index))
      sites.push(...found, ...claims)
      return { ...loaded, source: edited(text, [...[...found, ...claims].flatMap(({ edits }) => edits), ...gatesOf(text)]) }
    },
  })
  return sites
}

export const root = join(import.meta.dirname, '../../..')
