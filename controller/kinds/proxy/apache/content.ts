import type { Fleet } from '../../../model/fleet.ts'
import type { Upstream, Vhost } from '../places.ts'
import { type Directive, quoted, substitution } from './language.ts'
import { pool, poolName, toPool } from './upstream.ts'
import { passOnByName } from './wildcard.ts'

/** What a vhost answers with: exactly one of its fields. */
export function content(vhost: Vhost, fleet: Fleet): readonly Directive[] {
  if (vhost.upstream !== undefined) return upstream(vhost, vhost.upstream, fleet)
  if (vhost.wildcard !== undefined) return passOnByName(vhost, vhost.wildcard)
  if (vhost.root !== undefined) return files(vhost.root, vhost)
  if (vhost.redirect !== undefined) return redirect(vhost.redirect)
  return answer(vhost.respond?.status ?? 404)
}

/** An answer of nothing but its status. */
export function answer(status: number): readonly Directive[] {
  return [['RewriteEngine on'], [`RewriteRule ^ - [R=${status},L]`]]
}

/** By mod_rewrite where something else of it must be asked before. */
function upstream(vhost: Vhost, wanted: Upstream, fleet: Fleet): readonly Directive[] {
  const name = poolName(vhost)
  const isAlone = vhost.locations === undefined && vhost.limits?.bodySize === undefined
  const to = isAlone ? toPool(name) : [['RewriteEngine on'] as const, ...passOn(`balancer://${name}`, '^')]
  return [pool(name, vhost, wanted, fleet), ...to]
}

export function files(root: string, { index = ['index.html'], fallback }: Pick<Vhost, 'index' | 'fallback'>): readonly Directive[] {
  const instead: readonly Directive[] = fallback === undefined ? [] : [[`FallbackResource ${quoted(fallback)}`]]
  return [[`DocumentRoot ${quoted(root)}`], directory(root, [[`DirectoryIndex ${index.join(' ')}`], ...instead])]
}

/** A folder that is served. */
export function directory(root: string, more: readonly Directive[] = []): Directive {
  return [`Directory ${quoted(root)}`, [['Require all granted'], ['Options FollowSymLinks'], ['AllowOverride None'], ...more]]
}

/** The path as the client wrote it: mod_rewrite itself sees it decoded. The query stays as it is where the substitution has none. */
export const pathAsked = '(?:https?://[^/\\s]+)?(/[^?\\s]*)'

function redirect(wanted: NonNullable<Vhost['redirect']>): readonly Directive[] {
  return [['RewriteEngine on'], ...redirectRules(wanted, '^')]
}

/** Where paths of an expression are sent. */
export function redirectRules({ to, status = 308, keepPath = false }: NonNullable<Vhost['redirect']>, asked: string): readonly Directive[] {
  if (!keepPath) return [[`RewriteRule ${asked} ${substitution(to)} [R=${status},NE,QSD,L]`]]
  return [
    [`RewriteCond %{THE_REQUEST} "^\\S+ ${pathAsked}"`],
    [`RewriteRule ${asked} ${substitution(to.replace(/\/$/, ''), '%1')} [R=${status},NE,L]`],
    [`RewriteRule ${asked} - [R=400,L]`],
  ]
}

/** Passes paths of an expression on as the client wrote them. */
export function passOn(to: string, asked: string): readonly Directive[] {
  return [
    [`RewriteCond %{THE_REQUEST} "^\\S+ ${pathAsked}"`],
    [`RewriteRule ${asked} ${to}%1 [P,NE,L]`],
    [`RewriteRule ${asked} - [R=400,L]`],
  ]
}
