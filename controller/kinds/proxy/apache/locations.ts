import { posix } from 'node:path'
import type { Fleet } from '../../../model/fleet.ts'
import type { Location, Vhost } from '../places.ts'
import { directory, passOn, redirectRules } from './content.ts'
import { locationHeaders } from './headers.ts'
import { type Directive, pattern, quoted } from './language.ts'
import { pool, poolName } from './upstream.ts'

/** A location with the expression for the paths that are its own: whatever fits a better one is not among them, so their order means nothing. */
interface Route {
  readonly location: Location
  readonly index: number
  readonly asked: string
}

/** Paths that are served otherwise than the vhost: to httpd a path is decoded and without double slashes, as to nginx. */
export function locations(vhost: Vhost, fleet: Fleet): readonly Directive[] {
  const routes = routesOf(vhost)
  if (routes.length === 0) return []
  return [
    ['RewriteEngine on'],
    ...(routes.some(({ location }) => location.fastcgi) ? [['ProxyFCGIBackendType GENERIC'] as const] : []),
    ...routes.flatMap((route) => served(route, vhost, fleet)),
    ...routes.flatMap((route) => section(route, vhost)),
  ]
}

const ranks = { Exact: 0, Prefix: 1, Suffix: 2 } as const

/** The exact one, then the longest prefix, then the end of a name. */
function routesOf({ locations: all = [] }: Vhost): readonly Route[] {
  const ranked = all.map((location, index) => ({ location, index, rank: ranks[location.match ?? 'Prefix'] }))
  const order = ranked.sort((one, other) => one.rank - other.rank || other.location.path.length - one.location.path.length)
  return order.map(({ location, index }, place) => {
    const better = order
      .slice(0, place)
      .filter(({ location: other }) => location.match === 'Suffix' || other.path.startsWith(location.path))
    const without = better.length === 0 ? '' : `(?!${better.map(({ location: other }) => ownOf(other)).join('|')})`
    return { location, index, asked: `${without}${ownOf(location)}` }
  })
}

function ownOf({ path, match = 'Prefix' }: Location): string {
  return match === 'Prefix' ? pattern(path) : match === 'Exact' ? `${pattern(path)}$` : `.*${pattern(path)}$`
}

/** Where the request goes. Of files and scripts mod_rewrite keeps its hands off, and their path is one of the file system. */
function served({ location, index, asked }: Route, vhost: Vhost, fleet: Fleet): readonly Directive[] {
  const rule = `^${asked}`
  if (location.upstream !== undefined) {
    const name = poolName(vhost, index)
    return [pool(name, vhost, location.upstream, fleet), ...passOn(`balancer://${name}`, rule)]
  }
  if (location.redirect !== undefined) return redirectRules(location.redirect, rule)
  if (location.respond !== undefined) return [[`RewriteRule ${rule} - [R=${location.respond.status},L]`]]
  const { folder, script } = filesOf(location, vhost)
  const alias =
    script === undefined ? `AliasMatch ^(?=${asked})(.*)$ ${quoted(`${folder}$1`)}` : `AliasMatch ^(?=${asked}) ${quoted(script)}`
  return [[`RewriteRule ${rule} - [L]`], [alias], directory(folder)]
}

function filesOf({ root, fastcgi }: Location, vhost: Vhost): { readonly folder: string; readonly script?: string } {
  const script = fastcgi?.script
  if (script !== undefined) return { folder: posix.dirname(script), script }
  return { folder: root ?? fastcgi?.root ?? vhost.root ?? '/var/empty' }
}

function section({ location, index, asked }: Route, vhost: Vhost): readonly Directive[] {
  const inner = [...locationHeaders(location, vhost), ...ofFiles(location), ...ofScripts(location, `fcgi://${poolName(vhost, index)}`)]
  return inner.length === 0 ? [] : [[`LocationMatch ^${asked}`, inner]]
}

/** Said in full: what stands there else is of the vhost's own files. Nothing there is a script, whoever said so of the whole server. */
function ofFiles({ root, index = ['index.html'], fallback }: Location): readonly Directive[] {
  if (root === undefined) return []
  const instead = fallback === undefined ? 'disabled' : quoted(fallback)
  return [['SetHandler None'], [`DirectoryIndex ${index.join(' ')}`], [`FallbackResource ${instead}`]]
}

/** Only a script that is there, by its whole path, is handed over: else `/upload.jpg/x.php` would run an uploaded file (PHP's cgi.fix_pathinfo). */
function ofScripts({ fastcgi }: Location, worker: string): readonly Directive[] {
  if (fastcgi === undefined) return []
  const handler: Directive = [`SetHandler ${quoted(`proxy:unix:${fastcgi.socket}|${worker}`)}`]
  if (fastcgi.script === undefined) return [['If "-f %{REQUEST_FILENAME} && -z %{PATH_INFO}"', [handler]]]
  return [handler, [`ProxyFCGISetEnvIf "true" SCRIPT_NAME ${quoted(`/${posix.basename(fastcgi.script)}`)}`]]
}
