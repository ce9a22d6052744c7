import type { Fleet } from '../../../model/fleet.ts'
import { parseSeconds } from '../../../model/quantity.ts'
import { serverName } from '../names.ts'
import type { Vhost } from '../places.ts'
import { type Wildcard, wildcardEntries } from '../wildcard.ts'
import { type Directive, quoted } from './language.ts'

/** Beside the tree, not in it: httpd reads it again by itself when its time changes, so a new entry needs no reload (mod_rewrite, RewriteMap txt). */
export function mapPath({ name }: Pick<Vhost, 'name'>): string {
  return `/etc/apache2/reeve-${name}.map`
}

export function mapText(wildcard: Wildcard, fleet: Fleet): string {
  return wildcardEntries(wildcard, fleet)
    .map(([label, server]) => `${label} ${server}\n`)
    .join('')
}

/**
 * From the request as the client wrote it, since mod_rewrite decodes the path; a name that is not in the map, or below one that is, is 404.
 * Without its map httpd would not start: then this serves nothing, and all else goes on.
 */
export function passOnByName(vhost: Vhost, { suffix }: Wildcard): readonly Directive[] {
  const read = serverName(suffix)
  const domain = (read.ok ? read.value : suffix).replaceAll('.', '\\.')
  const map = `reeve-${vhost.name}`
  const upgrade: readonly Directive[] =
    (vhost.websockets ?? true)
      ? [['RewriteCond %{HTTP:Upgrade} =websocket [NC]'], ...lookUp(map, domain), ['RewriteRule ^ ws://%1%2 [P,NE,L]']]
      : []
  return [
    ...time(vhost.limits?.read),
    ['RewriteEngine on'],
    [
      `IfFile ${quoted(mapPath(vhost))}`,
      [
        ['RewriteMap reeve-lower int:tolower'],
        [`RewriteMap ${map} txt:${mapPath(vhost)}`],
        ...upgrade,
        ...lookUp(map, domain),
        ['RewriteRule ^ http://%1%2 [P,NE,L]'],
      ],
    ],
    ['RewriteRule ^ - [R=404,L]'],
  ]
}

function lookUp(map: string, domain: string): readonly Directive[] {
  return [
    [`RewriteCond \${reeve-lower:%{HTTP_HOST}} ^([a-z0-9-]+)\\.${domain}(?::\\d+)?$`],
    [`RewriteCond \${${map}:%1} ^(.+)$`],
    ['RewriteCond %1|%{THE_REQUEST} ^([^|]+)\\|\\S+\\s+(?:https?://[^/\\s]+)?(/[^?\\s]*)'],
  ]
}

function time(text: string | undefined): readonly Directive[] {
  const seconds = parseSeconds(text ?? '')
  return seconds.ok ? [[`ProxyTimeout ${seconds.value}`]] : []
}
