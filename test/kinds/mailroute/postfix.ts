import type { Duplex } from 'node:stream'
import type { Spec } from '../../../controller/model/primitive.ts'
import type { SettingSpec } from '../../../controller/primitives/setting/spec.ts'
import type { TreeSpec } from '../../../controller/primitives/tree/spec.ts'
import type { SshPlace } from '../../conformance/ssh-place.ts'

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** A Postfix beside that of the host: its own configuration and queue where it looks for them, in a mount namespace of its own. */
export interface Instance {
  /** Runs shell text where this Postfix has /etc/postfix for its own. */
  run(script: string): Promise<string>
  start(): Promise<void>
  stop(): Promise<void>
}

export interface Wanted {
  readonly name: string
  readonly address: string
  /** Lines of shell that make /etc/postfix what it shall be. */
  readonly configure: string
}

/** Makes and starts one. */
export async function startInstance(place: SshPlace, { name, address, configure }: Wanted): Promise<Instance> {
  const folder = `/srv/${name}`
  const binds = ['etc:/etc/postfix', 'spool:/var/spool/postfix', 'lib:/var/lib/postfix'].map((one) => {
    const [from, to] = one.split(':')
    return `mount --bind ${folder}/${from} ${to}`
  })
  const within = (script: string) => place.run(`unshare -m --propagation private sh -ec ${quoted(`${binds.join('\n')}\n${script}`)}`)
  await place.run(
    `mkdir -p ${folder}/spool ${folder}/lib; cp -a /etc/postfix ${folder}/etc; chown postfix ${folder}/lib; ip addr add ${address}/32 dev lo`,
  )
  await within(`postconf -F '*/*/chroot = n'; postconf -e inet_interfaces=${address} inet_protocols=ipv4 smtp_bind_address=${address} 'mynetworks=127.0.0.0/8' minimal_backoff_time=5s queue_run_delay=5s
${configure}`)
  const instance = {
    run: within,
    start: () => within('postfix start >/dev/null 2>&1').then(() => undefined),
    stop: () => within('postfix stop >/dev/null 2>&1').then(() => undefined),
  }
  await instance.start()
  return instance
}

/** What the kind wants of a gateway, as shell text: for an instance that the engine does not reach. */
export function byHand(specs: readonly Spec[]): string {
  const trees = specs.filter((one): one is TreeSpec => one.type === 'tree')
  const settings = specs.filter((one): one is SettingSpec => one.type === 'setting')
  const files = trees.flatMap(({ path, files }) => [
    `mkdir -p ${path}`,
    ...Object.entries(files).map(
      ([name, { content }]) => `printf %s ${quoted(String(content))} > ${path}/${name}; touch -d '1 minute ago' ${path}/${name}`,
    ),
  ])
  return [...files, `postconf -e ${settings.map(({ key, value }) => quoted(`${key}=${value}`)).join(' ')}`].join('\n')
}

/** Speaks SMTP from the host itself. Rejects where an answer is not what it was to be. */
export interface Client extends Disposable {
  /** The reply to a line. */
  say(line: string): Promise<string>
}

export async function connectClient(place: SshPlace, address: string): Promise<Client> {
  const channel = await place.host.forward(address, 25, 10_000)
  const read = repliesOf(channel)
  const banner = await read()
  if (!banner.startsWith('220')) throw new Error(banner)
  const say = (line: string) => {
    channel.write(`${line}\r\n`)
    return read()
  }
  await say('EHLO client.test')
  return { say, [Symbol.dispose]: () => channel.destroy() }
}

function repliesOf(channel: Duplex): () => Promise<string> {
  let text = ''
  let wake = () => {}
  let isOver = false
  channel.on('data', (chunk: Buffer) => {
    text += chunk
    wake()
  })
  channel.once('close', () => {
    isOver = true
    wake()
  })
  return async () => {
    for (;;) {
      const match = /^(?:\d{3}-.*\r\n)*(\d{3}(?: .*)?)\r\n/.exec(text)
      if (match) {
        text = text.slice(match[0].length)
        return match[1] ?? ''
      }
      if (isOver) throw new Error(`the server closed the connection after ${JSON.stringify(text)}`)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
}

/** The first reply that decides: to RCPT where that is refused, else to the end of the message. */
export async function sendMail({ say }: Client, to: string, subject = 'hello'): Promise<string> {
  await say('MAIL FROM:<sender@outside.example>')
  const reply = await say(`RCPT TO:<${to}>`)
  if (!reply.startsWith('250')) {
    await say('RSET')
    return reply
  }
  await say('DATA')
  return say(`From: sender@outside.example\r\nTo: ${to}\r\nSubject: ${subject}\r\n\r\nbody\r\n.`)
}

export async function rcpt({ say }: Client, to: string): Promise<string> {
  await say('MAIL FROM:<>')
  const reply = await say(`RCPT TO:<${to}>`)
  await say('RSET')
  return reply.slice(0, 9)
}
