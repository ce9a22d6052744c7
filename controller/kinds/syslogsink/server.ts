import { statement } from './language.ts'
import { type Piece, readLayout, type Token } from './layout.ts'
import { type Listener, listenersOf, type Protocol, type SyslogSink } from './places.ts'
import type { SyslogSinkSpec } from './spec.ts'

type Server = SyslogSinkSpec['server']

export const heardName = '.reeve-heard'
/** Tag of the lines by which senders prove their way. */
export const probeTag = 'reeve-probe'

export function directoryOf({ directory = '/var/log/remote' }: Server): string {
  return directory
}

export function layoutOf({ layout = '{fromip}/{hostname}.log' }: Server): readonly Piece[] {
  const read = readLayout(layout)
  return read.ok ? read.value : []
}

/** rsyslog.d/20-reeve-sink.conf: a rule set of its own that ends with stop, so that no message of others gets into the machine's own log, or is sent on. */
export function serverConf(sink: SyslogSink): string {
  const { server } = sink.spec
  const lines = [
    ...modulesOf(sink).map((name) => statement('module', { load: name })),
    pathTemplate(server),
    // Seconds by the sink's own clock, the address that it came from, and what was said.
    `template(name="reeveHeard" type="string" string="%timegenerated:::date-unixtimestamp% %fromhost-ip%%msg:::drop-last-lf%\\n")`,
    ruleSet(server),
    ...listenersOf(sink).map((listener) => input(listener, server)),
  ]
  return `${lines.join('\n')}\n`
}

const moduleOf = { tcp: 'imtcp', udp: 'imudp', relp: 'imrelp' } as const satisfies Readonly<Record<Protocol, string>>

function modulesOf(sink: SyslogSink): readonly string[] {
  const needed = new Set(listenersOf(sink).map(({ protocol }) => moduleOf[protocol]))
  return [...needed].filter((name) => !sink.spec.server.loadedElsewhere?.includes(name))
}

const property: Readonly<Record<Token, string>> = {
  fromip: 'property(name="fromhost-ip" securepath="replace")',
  hostname: 'property(name="hostname" securepath="replace")',
  program: 'property(name="programname" securepath="replace")',
  facility: 'property(name="syslogfacility-text" securepath="replace")',
  date: 'property(name="timegenerated" dateFormat="year") constant(value="-") property(name="timegenerated" dateFormat="month") constant(value="-") property(name="timegenerated" dateFormat="day")',
}

/** With securepath: a host name of ../../evil is a sender's to choose, and without it a path to anywhere. */
function pathTemplate(server: Server): string {
  const pieces = layoutOf(server).map(
    (piece) => `  ${'text' in piece ? statement('constant', { value: piece.text }) : property[piece.token]}\n`,
  )
  return `template(name="reeveRemoteFile" type="list") {\n  ${statement('constant', { value: `${directoryOf(server)}/` })}\n${pieces.join('')}}`
}

const modes = { dirCreateMode: '0750', dirGroup: 'adm', fileCreateMode: '0640', fileGroup: 'adm' }

function ruleSet(server: Server): string {
  const heard = statement('action', { type: 'omfile', file: `${directoryOf(server)}/${heardName}`, template: 'reeveHeard', ...modes })
  const kept = statement('action', { type: 'omfile', dynaFile: 'reeveRemoteFile', ...modes, dynaFileCacheSize: 64 })
  return [
    'ruleset(name="reeveRemote") {',
    `  if $programname == "${probeTag}" then {`,
    `    ${heard}`,
    '    stop',
    '  }',
    `  ${kept}`,
    '  stop',
    '}',
  ].join('\n')
}

function input({ protocol, port, address }: Listener, { tls }: Server): string {
  const secured = tls === undefined || protocol !== 'tcp' ? {} : tlsOf(tls)
  return statement('input', { type: moduleOf[protocol], port, address, ...secured, ruleset: 'reeveRemote' })
}

/** gtls: the driver ossl of 8.2302 lets in who carries another name than permitted. */
function tlsOf({ certificate, key, ca, permittedPeers }: NonNullable<Server['tls']>) {
  return {
    'streamDriver.name': 'gtls',
    'streamDriver.mode': 1,
    'streamDriver.authMode': 'x509/name',
    'streamDriver.CAFile': ca,
    'streamDriver.certFile': certificate,
    'streamDriver.keyFile': key,
    permittedPeer: permittedPeers,
  }
}
