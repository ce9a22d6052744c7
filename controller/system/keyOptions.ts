import { parseIpv4Interface, parseIpv6Interface } from '../model/address.ts'

/** An option of a line of authorized_keys (sshd(8)). */
export interface KeyOption {
  readonly name: string
  readonly value: string | undefined
}

/** A line in two: its options, and type, base64 and comment. */
export interface KeyLine {
  readonly options: readonly KeyOption[]
  readonly key: string
}

/** Options that take something away, each with the one that gives it back after `restrict`. */
const rights = ['agent-forwarding', 'port-forwarding', 'pty', 'user-rc', 'X11-forwarding'] as const
const ofHardware = ['no-touch-required', 'verify-required']
const flags = ['restrict', ...rights, ...rights.map((right) => `no-${right}`), ...ofHardware]
/** What more than one line may be of. */
const repeated = ['permitopen', 'permitlisten']

const values: Readonly<Record<string, (value: string, line: KeyLine) => string | undefined>> = {
  from: fromProblem,
  command: (value) => (value.trim() === '' ? 'command names none' : undefined),
  permitopen: (value) =>
    /^([A-Za-z0-9.-]+|\*|\[[0-9A-Fa-f:]+\]):(\d{1,5}|\*)$/.test(value) ? undefined : `permitopen ${value} is not HOST:PORT`,
  permitlisten: (value) =>
    /^(([A-Za-z0-9.-]+|\*|\[[0-9A-Fa-f:]+\]):)?(\d{1,5}|\*)$/.test(value) ? undefined : `permitlisten ${value} is not PORT or HOST:PORT`,
  'expiry-time': (value) => (isInstant(value) ? undefined : `expiry-time ${value} is not YYYYMMDD or YYYYMMDDHHMM, with Z for UTC`),
}

const refused: Readonly<Record<string, string>> = {
  environment: 'environment needs PermitUserEnvironment of sshd, by which a person gets past his command',
  'cert-authority': 'cert-authority lets in whomever that key signs: write their keys',
  principals: 'principals belongs to cert-authority, which is not taken',
  tunnel: 'tunnel is not taken',
}

/** Takes a line apart at the first blank that is not quoted; a string says why that cannot be. The key itself is not judged. */
export function splitKeyLine(text: string): KeyLine | string {
  if (/^(ssh-|ecdsa-|sk-)/.test(text)) return { options: [], key: text }
  const options: KeyOption[] = []
  let at = 0
  for (;;) {
    const [whole, name = '', , value] = /^([A-Za-z0-9-]+)(="((?:[^"\\]|\\")*)")?/.exec(text.slice(at)) ?? []
    if (whole === undefined) return 'it does not begin with the type of a key, such as ssh-ed25519, or with options and a key'
    options.push({ name, value: value?.replaceAll('\\"', '"') })
    at += whole.length
    if (text[at] === ' ') return { options, key: text.slice(at + 1) }
    if (text[at] !== ',')
      return at === text.length
        ? `there is no key after ${name}`
        : `option ${name}: after it comes neither a comma nor a blank and the key; a value stands in double quotes`
    at++
  }
}

/** Why options cannot be as they are; undefined where sshd(8) takes them all and each has an effect. */
export function optionsProblem(line: KeyLine): string | undefined {
  const { options, key } = line
  const names = options.map(({ name }) => name)
  for (const [index, { name, value }] of options.entries()) {
    const first = names.indexOf(name)
    if (refused[name] !== undefined) return refused[name]
    if (!flags.includes(name) && values[name] === undefined)
      return `there is no option ${name} of a key: ${[...flags, ...Object.keys(values)].join(', ')}`
    if (flags.includes(name) && value !== undefined) return `option ${name} takes no value`
    if (!flags.includes(name) && value === undefined) return `option ${name} needs a value: ${name}="…"`
    if (first !== index && !repeated.includes(name)) return `option ${name} stands there twice`
    if (ofHardware.includes(name) && !key.startsWith('sk-')) return `option ${name} is for keys of hardware (sk-…) alone`
    if (rights.some((right) => right === name) && !names.includes('restrict')) return `option ${name} does nothing without restrict`
    if (name.startsWith('no-') && names.includes(name.slice(3))) return `options ${name} and ${name.slice(3)} exclude each other`
    const problem = value === undefined ? undefined : values[name]?.(value, line)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Those that could keep Reeve itself from working, by that key: it runs commands, asks over forwarded connections, and stays. */
export function endsReeve({ options }: KeyLine): string | undefined {
  const harmless = ['from', ...rights.filter((right) => right !== 'port-forwarding').map((right) => `no-${right}`), ...ofHardware]
  return options.find(({ name }) => !harmless.includes(name))?.name
}

/** A pattern that sshd cannot read makes it refuse the key (ssh_config(5), PATTERNS; addr_match_list(3) of OpenSSH). */
function fromProblem(value: string): string | undefined {
  const patterns = value.split(',')
  const wrong = patterns.find((pattern) => !/^!?[A-Za-z0-9.*?:_/-]+$/.test(pattern))
  if (wrong !== undefined) return `from: ${JSON.stringify(wrong)} is no address, network or host name`
  const badNetwork = patterns.map((pattern) => pattern.replace(/^!/, '')).find((pattern) => pattern.includes('/') && !isNetwork(pattern))
  if (badNetwork !== undefined) return `from: ${badNetwork} is no network: address/length, with no bit set after its length`
  return patterns.every((pattern) => pattern.startsWith('!')) ? 'from only excludes, so that nobody can come in by this key' : undefined
}

function isNetwork(text: string): boolean {
  const [four, six] = [parseIpv4Interface(text), parseIpv6Interface(text)]
  return (four.ok && four.value.address === four.value.network) || (six.ok && six.value.address === six.value.network)
}

function isInstant(text: string): boolean {
  const [, year, month, day, hour = '00', minute = '00', second = '00'] =
    /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?Z?$/.exec(text) ?? []
  if (year === undefined) return false
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`
  const read = new Date(iso)
  return !Number.isNaN(read.getTime()) && read.toISOString() === iso
}
