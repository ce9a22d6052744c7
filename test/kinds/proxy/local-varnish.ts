import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { Placement } from '../../../controller/model/target.ts'
import type { FileSpec } from '../../../controller/primitives/file/spec.ts'
import { fleetOf, kindOf } from '../fleet.ts'
import { type Site, treeOf } from './local-nginx.ts'

/** The command line that the kind gives varnish's unit. */
export function commandOf(yaml: string): string {
  const fleet = fleetOf(yaml)
  const kind = kindOf('Proxy')
  const specs = fleet.all('Proxy').flatMap((one) => kind.compile(one, kind.place(one, fleet)[0] as Placement, fleet))
  const unit = specs.find((spec): spec is FileSpec => spec.type === 'file' && spec.id.endsWith('varnish.service.d/reeve.conf'))
  return /^ExecStart=(\/.*)$/m.exec(String(unit?.content))?.[1] ?? ''
}

/** A fleet's VCL and scripts, and a varnishadm that asks the varnish of this site. */
export function writeVarnish(site: Site, yaml: string): void {
  chmodSync(site.folder, 0o755)
  for (const folder of ['reeve', 'bin']) mkdirSync(site.path(folder), { recursive: true })
  const here = (text: string) => text.replaceAll('/etc/varnish/reeve', site.path('reeve'))
  for (const [name, text] of Object.entries(treeOf(yaml))) writeFileSync(site.path(`reeve/${name}`), here(text))
  writeFileSync(site.path('bin/varnishadm'), `#!/bin/sh\nexec /usr/bin/varnishadm -n ${site.path('work')} "$@"\n`, { mode: 0o755 })
}

/** What varnish's own compiler says of it; throws where it takes it not. */
export function judgeVarnish(site: Site, yaml: string): void {
  writeVarnish(site, yaml)
  execFileSync('varnishd', ['-C', '-f', site.path('reeve/main.vcl')], { stdio: 'pipe', maxBuffer: 64_000_000 })
}

export interface Varnish extends AsyncDisposable {
  /** The script that the unit reloads with. */
  load(): string
  adm(...words: readonly string[]): string
}

/** Runs the real varnishd, as its unit begins it, until it is disposed. */
export async function startVarnish(site: Site, yaml: string): Promise<Varnish> {
  writeVarnish(site, yaml)
  const listen = [...commandOf(yaml).matchAll(/-a (\S+)/g)].flatMap(([, socket = '']) => ['-a', socket])
  const words = [
    '-F',
    '-n',
    site.path('work'),
    ...listen,
    '-T',
    'localhost:0',
    '-s',
    'malloc,16m',
    '-f',
    '',
    '-I',
    site.path('reeve/start.cli'),
  ]
  const child = spawn('varnishd', words, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ended = once(child, 'exit')
  while (!said.includes('Child starts')) {
    if (child.exitCode !== null) throw new Error(`varnishd ended: ${said}`)
    await setTimeout(20)
  }
  const environment = { ...process.env, PATH: `${site.path('bin')}:${process.env['PATH']}` }
  const run = (file: string, more: readonly string[]) =>
    execFileSync(file, more, { env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  return {
    load: () => run('sh', [site.path('reeve/load')]),
    adm: (...more) => run('varnishadm', more),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
