import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { isNormal } from './check-places.ts'
import { plain } from './check-text.ts'
import type { Location, ProxyManifest, Vhost } from './places.ts'

const contents = ['upstream', 'wildcard', 'root', 'respond', 'redirect', 'fastcgi'] as const
type Redirect = NonNullable<Vhost['redirect']>

/** What a vhost and its locations answer with. */
export function checkContents(proxy: ProxyManifest, vhost: Vhost, at: string): readonly Diagnostic[] {
  const { locations = [] } = vhost
  const count = contentsOf(vhost)
  const wrong = `a vhost has exactly one of upstream, wildcard, root, respond and redirect; this one has ${count === 0 ? 'none' : count}`
  return [
    ...(count === 1 ? [] : [complain(proxy, at, wrong)]),
    ...checkText(proxy, vhost, at),
    ...locations.flatMap((location, index) => checkLocation(proxy, vhost, location, `${at}.locations[${index}]`)),
    ...locations.flatMap(({ path, match = 'Prefix' }, index) => {
      const first = locations.findIndex((other) => other.path === path && (other.match ?? 'Prefix') === match)
      return first === index ? [] : [complain(proxy, `${at}.locations[${index}].path`, `${path} is already at locations[${first}]`)]
    }),
  ]
}

function contentsOf(part: Location | Vhost): number {
  return contents.filter((field) => field in part && part[field as keyof typeof part] !== undefined).length
}

function checkLocation(proxy: ProxyManifest, vhost: Vhost, location: Location, at: string): readonly Diagnostic[] {
  const { path, match = 'Prefix', fastcgi } = location
  const found = [...plain(proxy, `${at}.path`, path), ...checkText(proxy, location, at)]
  const isSuffix = match === 'Suffix'
  if (isSuffix && !/^\.[a-z0-9]{1,10}$/.test(path))
    found.push(complain(proxy, `${at}.path`, `${JSON.stringify(path)} is not the end of a file name, such as .php`))
  if (!isSuffix && !path.startsWith('/')) found.push(complain(proxy, `${at}.path`, `${JSON.stringify(path)} does not begin with /`))
  if (match === 'Prefix' && path === '/') found.push(complain(proxy, `${at}.path`, 'what / serves is said by the vhost itself'))
  if (contentsOf(location) !== 1)
    found.push(complain(proxy, at, 'a location has exactly one of upstream, root, respond, redirect and fastcgi'))
  if (fastcgi && fastcgi.script === undefined && (fastcgi.root ?? vhost.root) === undefined)
    found.push(complain(proxy, `${at}.fastcgi`, 'nothing says where the scripts are', 'give root or script, or the vhost a root'))
  return found
}

/** Free text of a part, and what belongs to files alone. */
function checkText(
  proxy: ProxyManifest,
  { respond, redirect, root, index, fallback }: Pick<Location, 'respond' | 'redirect' | 'root' | 'index' | 'fallback'>,
  at: string,
): Diagnostic[] {
  const lonely = Object.entries({ index, fallback }).filter(([, value]) => value !== undefined && root === undefined)
  return [
    ...plain(proxy, `${at}.respond.body`, respond?.body),
    ...lonely.map(([field]) => complain(proxy, `${at}.${field}`, `${field} belongs to root, which is not here`)),
    ...checkFallback(proxy, fallback, `${at}.fallback`),
    ...(redirect ? checkRedirect(proxy, redirect, `${at}.redirect.to`) : []),
  ]
}

function checkFallback(proxy: ProxyManifest, fallback: string | undefined, at: string): readonly Diagnostic[] {
  if (fallback === undefined || (/^\/[^?#]*$/.test(fallback) && isNormal(fallback))) return plain(proxy, at, fallback)
  return [complain(proxy, at, `${JSON.stringify(fallback)} is not a path without .. and query, such as /index.html`)]
}

/** A client must not be able to choose where it is sent, and nginx sends the text as it is. */
function checkRedirect(proxy: ProxyManifest, { to, keepPath }: Redirect, at: string): readonly Diagnostic[] {
  if (!/^[!-~]+$/.test(to)) return [complain(proxy, at, `${JSON.stringify(to)} is not a URL: it is not of printable ASCII alone`)]
  if (keepPath && !/^https?:\/\/[^/?#]+\/?$/.test(to))
    return [complain(proxy, at, `${to} is more than scheme and host, and keepPath adds path and query`)]
  if (/^\/(?!\/)/.test(to) || isWebUrl(to)) return []
  return [complain(proxy, at, `${to} is neither an http or https URL nor a path that begins with one /`)]
}

/** Without a user and password, which would hide the host from whoever reads it. */
function isWebUrl(text: string): boolean {
  return /^https?:\/\/([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?([/?#]|$)/.test(text) && URL.canParse(text)
}
