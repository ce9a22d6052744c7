import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { Placement } from '../../../controller/model/target.ts'
import type { FileSpec } from '../../../controller/primitives/file/spec.ts'
import { fleetOf, kindOf } from '../fleet.ts'
import { type Site, treeOf } from './local-nginx.ts'

/** Modules that Debian's package enables, and those that the kind links. */
const enabledByPackage = ['mpm_event', 'authz_core', 'alias', 'dir', 'mime']

/** Single files below /etc/apache2 that a fleet's Proxies want: maps. */
export function mapsOf(yaml: string): readonly FileSpec[] {
  const fleet = fleetOf(yaml)
  const kind = kindOf('Proxy')
  const specs = fleet.all('Proxy').flatMap((one) => kind.compile(one, kind.place(one, fleet)[0] as Placement, fleet))
  return specs.filter((spec): spec is FileSpec => spec.type === 'file' && spec.id.endsWith('.map'))
}

/** Modules by what the kind links into mods-enabled. */
export function modulesOf(yaml: string): readonly string[] {
  const fleet = fleetOf(yaml)
  const kind = kindOf('Proxy')
  const specs = fleet.all('Proxy').flatMap((one) => kind.compile(one, kind.place(one, fleet)[0] as Placement, fleet))
  return [...new Set(specs.flatMap(({ id }) => /mods-enabled\/([a-z_]+)\.load$/.exec(id)?.[1] ?? []))]
}

/** httpd's configuration with a fleet's tree and maps, and nothing of this machine but the modules' files. */
export function writeApache(site: Site, yaml: string): string {
  chmodSync(site.folder, 0o755)
  mkdirSync(site.path('reeve'), { recursive: true })
  const here = (text: string) => text.replaceAll('/etc/apache2/reeve-', `${site.folder}/reeve-`).replaceAll('/var/log/', `${site.folder}/`)
  for (const [name, text] of Object.entries(treeOf(yaml))) writeFileSync(site.path(`reeve/${name}`), here(text))
  for (const { path, content } of mapsOf(yaml)) writeFileSync(here(path), String(content))
  const modules = [...new Set([...enabledByPackage, ...modulesOf(yaml)])]
  const main = `ServerRoot ${site.folder}
DefaultRuntimeDir ${site.folder}
PidFile ${site.path('pid')}
ErrorLog ${site.path('error.log')}
ServerName localhost
User www-data
Group www-data
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
TypesConfig /etc/mime.types
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
<Directory />
  Require all denied
</Directory>
IncludeOptional ${site.path('reeve')}/*.conf
`
  writeFileSync(site.path('apache2.conf'), main)
  return site.path('apache2.conf')
}

/** What httpd itself says of its configuration; throws where it takes it not. */
export function judgeApache(site: Site, yaml: string, ...more: readonly string[]): string {
  const config = writeApache(site, yaml)
  return execFileSync('sh', ['-c', 'exec apache2 -f "$@" 2>&1', 'sh', config, '-t', ...more], { encoding: 'utf8' })
}

export interface Apache extends AsyncDisposable {
  /** Loads what was written meanwhile, as systemctl reload does; ends when it is loaded. */
  reload(): Promise<void>
}

/** Runs the real httpd in the foreground until it is disposed. */
export async function startApache(site: Site, yaml: string): Promise<Apache> {
  const config = writeApache(site, yaml)
  const child = spawn('apache2', ['-DFOREGROUND', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ended = once(child, 'exit')
  const log = () => said + (existsSync(site.path('error.log')) ? readFileSync(site.path('error.log'), 'utf8') : '')
  const resumed = () => log().split('resuming normal operations').length
  const untilResumed = async (times: number) => {
    while (resumed() <= times) {
      if (child.exitCode !== null) throw new Error(`apache2 ended: ${log()}`)
      await setTimeout(20)
    }
  }
  await untilResumed(1)
  return {
    reload: async () => {
      const before = resumed()
      execFileSync('apache2', ['-f', config, '-k', 'graceful'])
      await untilResumed(before)
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
