import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import type { ProxyManifest, Vhost } from './places.ts'

/** Where the answers of a web server never come from: what configures the machine, and what the kernel shows. */
const notForTheWeb = ['/boot', '/dev', '/etc', '/proc', '/root', '/run', '/sys', '/var/lib/reeve', '/var/run']
/** nginx's first process opens a log as root and appends to it, whatever it is. */
const logFolders = ['/var/log', '/srv', '/var/www']

export function checkPlaces(proxy: ProxyManifest, { root, locations = [], accessLog, tls }: Vhost, at: string): readonly Diagnostic[] {
  const log = accessLog?.server
  const roots = [
    { root, path: `${at}.root` },
    { root: tls?.challengeRoot, path: `${at}.tls.challengeRoot` },
    ...locations.flatMap(({ root: folder, fastcgi }, index) => [
      { root: folder, path: `${at}.locations[${index}].root` },
      { root: fastcgi?.root, path: `${at}.locations[${index}].fastcgi.root` },
      { root: fastcgi?.script, path: `${at}.locations[${index}].fastcgi.script` },
    ]),
  ]
  return [
    ...roots.flatMap(({ root: folder, path }) => checkRoot(proxy, folder, path)),
    ...(log === undefined || (isNormal(log) && logFolders.some((folder) => log.startsWith(`${folder}/`)))
      ? []
      : [
          complain(
            proxy,
            `${at}.accessLog.server`,
            `${log} is no place for a log: nginx would append to it as root`,
            'choose a file below /var/log',
          ),
        ]),
  ]
}

function checkRoot(proxy: ProxyManifest, folder: string | undefined, path: string): readonly Diagnostic[] {
  if (folder === undefined) return []
  if (!isNormal(folder)) return [complain(proxy, path, `${folder} is not normalised`, 'leave . and .. out')]
  return notForTheWeb.some((closed) => `${folder}/`.startsWith(`${closed}/`))
    ? [
        complain(
          proxy,
          path,
          `${folder} is not for the world: it holds what the machine itself lives by`,
          'serve a directory such as /srv/www',
        ),
      ]
    : []
}

export function isNormal(path: string): boolean {
  return !path.split('/').some((part) => part === '.' || part === '..')
}
