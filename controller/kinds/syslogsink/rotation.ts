import { parseBytes } from '../../model/quantity.ts'
import { globOf } from './layout.ts'
import type { SyslogSink } from './places.ts'
import { directoryOf, heardName, layoutOf } from './server.ts'

/** logrotate.d/reeve-NAME (logrotate(8)). rsyslog keeps its files open: it is told to open them again. */
export function rotationConf({ spec }: SyslogSink): string {
  const { every = 'daily', keep = 14, compress = true, maxSize = '500Mi' } = spec.server.rotation ?? {}
  const size = parseBytes(maxSize)
  const folder = directoryOf(spec.server)
  const lines = [
    every,
    `rotate ${keep}`,
    `maxsize ${size.ok ? size.value : 0}`,
    ...(compress ? ['compress', 'delaycompress'] : ['nocompress']),
    ...again,
  ]
  return (
    block(`${folder}/${globOf(layoutOf(spec.server))}`, lines) +
    block(`${folder}/${heardName}`, ['size 1M', 'rotate 1', 'nocompress', ...again])
  )
}

const again = ['missingok', 'notifempty', 'sharedscripts', 'postrotate', '  /usr/lib/rsyslog/rsyslog-rotate', 'endscript']

function block(files: string, lines: readonly string[]): string {
  return `${files} {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`
}
