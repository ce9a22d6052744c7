import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { Site } from './local-nginx.ts'

/** Debian names the program by its version. */
function program(): string {
  const found = readdirSync('/usr/sbin').find((name) => /^php-fpm\d+\.\d+$/.test(name))
  if (found === undefined) throw new Error('there is no php-fpm: apt-get install php-fpm')
  return `/usr/sbin/${found}`
}

/** Runs the real PHP behind `fpm.sock` of this site until it is disposed. */
export async function startPhp(site: Site): Promise<AsyncDisposable> {
  const socket = site.path('fpm.sock')
  const pool = `[global]\nerror_log = ${site.path('fpm.log')}\n[www]\nuser = root\ngroup = root\nlisten = ${socket}\npm = static\npm.max_children = 1\n`
  writeFileSync(site.path('fpm.conf'), pool)
  const child = spawn(program(), ['-n', '-F', '-R', '-y', site.path('fpm.conf')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ended = once(child, 'exit')
  while (!existsSync(socket)) {
    if (child.exitCode !== null) throw new Error(`php-fpm ended: ${said}`)
    await setTimeout(20)
  }
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
