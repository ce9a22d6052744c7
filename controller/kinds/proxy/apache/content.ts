import type { Fleet } from '../../../model/fleet.ts'
import type { Vhost } from '../places.ts'
import { type Directive, quoted, substitution } from './language.ts'
import { balancer } from './upstream.ts'
import { passOnByName } from './wildcard.ts'

/** What a vhost answers with: exactly one of its fields. */
export function content(vhost: Vhost, fleet: Fleet): readonly Directive[] {
  if (vhost.upstream !== undefined) return balancer(vhost, vhost.upstream, fleet)
  if (vhost.wildcard !== undefined) return passOnByName(vhost, vhost.wildcard)
  if (vhost.root !== undefined) return files(vhost.root, vhost)
  if (vhost.redirect !== undefined) return redirect(vhost.redirect)
  return answer(vhost.respond?.status ?? 404)
}

/** An answer of nothing but its status. */
export function answer(status: number): readonly Directive[] {
  return [['RewriteEngine on'], [`RewriteRule ^ - [R=${status},L]`]]
}

export function files(root: string, { index = ['index.html'], fallback }: Pick<Vhost, 'index' | 'fallback'>): readonly Directive[] {
  const instead: readonly Directive[] = fallback === undefined ? [] : [[`FallbackResource ${quoted(fallback)}`]]
  const inner: readonly Directive[] = [
    ['Require all granted'],
    ['Options FollowSymLinks'],
    ['AllowOverride None'],
    [`DirectoryIndex ${index.join(' ')}`],
    ...instead,
  ]
  return [[`DocumentRoot ${quoted(root)}`], [`Directory ${quoted(root)}`, inner]]
}

/** The path as the client wrote it: mod_rewrite itself sees it decoded. The query stays as it is where the substitution has none. */
export const pathAsked = '(?:https?://[^/\\s]+)?(/[^?\\s]*)'

function redirect({ to, status = 308, keepPath = false }: NonNullable<Vhost['redirect']>): readonly Directive[] {
  if (!keepPath) return [['RewriteEngine on'], [`RewriteRule ^ ${substitution(to)} [R=${status},NE,QSD,L]`]]
  return [
    ['RewriteEngine on'],
    [`RewriteCond %{THE_REQUEST} "^\\S+ ${pathAsked}"`],
    [`RewriteRule ^ ${substitution(to.replace(/\/$/, ''), '%1')} [R=${status},NE,L]`],
    ['RewriteRule ^ - [R=400,L]'],
  ]
}
