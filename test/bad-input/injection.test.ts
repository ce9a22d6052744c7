import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'
import { type TextField, textFields } from './injection.fields.ts'
import { compileOne, good, type One, read } from './repository.ts'

/** Each would do harm in a shell, in nginx, nft, LXC's config, fstab, a path or on a terminal. `/mnt/owned` is what must never be made. */
const hostile: Readonly<Record<string, string>> = {
  semicolon: 'x; touch /mnt/owned',
  substitution: '$(touch /mnt/owned)',
  backquote: '`touch /mnt/owned`',
  'double quote': 'a"; touch /mnt/owned; "',
  'single quote': "a'; touch /mnt/owned; '",
  backslash: 'a\\',
  block: 'a } server { listen 81',
  comment: 'a #b',
  traversal: '../../etc/passwd',
  option: '--help',
  'line feed': 'a\ntouch /mnt/owned',
  'carriage return': 'a\rb',
  tab: 'a\tb',
  'variable of nginx': '$http_x_evil',
  'variable of the shell': '${IFS}x',
  blank: 'a b',
  star: '*',
  'right to left': 'a\u202eb',
  escape: 'a\u001b[2J',
  'nft statement': 'a" accept comment "b',
}

/** Free text, by what it takes; everywhere else all of it is refused. */
const anyPrintable = Object.keys(hostile).filter(
  (name) => !['line feed', 'carriage return', 'tab', 'right to left', 'escape'].includes(name),
)
const withoutDollar = anyPrintable.filter((name) => !['substitution', 'variable of nginx', 'variable of the shell'].includes(name))
const takes: Readonly<Record<string, readonly string[]>> = {
  'System comment': anyPrintable,
  'System word of a job': anyPrintable,
  'Hypervisor sysctl value': ['traversal', 'option', 'blank'],
  'Hypervisor file content': Object.keys(hostile).filter((name) => !['right to left', 'escape'].includes(name)),
  'Hypervisor check word': anyPrintable,
  'Volume label': ['traversal'],
  'Volume image, inside': anyPrintable.filter((name) => !['backslash', 'traversal'].includes(name)),
  'Volume image to copy, inside': anyPrintable.filter((name) => !['backslash', 'traversal'].includes(name)),
  'Volume mount path, inside': anyPrintable.filter((name) => !['backslash', 'traversal'].includes(name)),
  'Container value of a sample': ['traversal', 'option', 'blank'],
  'Firewall log prefix': withoutDollar.filter((name) => !['double quote', 'backslash', 'nft statement'].includes(name)),
  'Firewall prefix of a rule': withoutDollar.filter((name) => !['double quote', 'backslash', 'nft statement'].includes(name)),
  // RFC 5321 has them in names, and a map gives them no meaning.
  'MailRoute recipient': ['variable of nginx', 'variable of the shell', 'star'],
  'Zone owner': ['option', 'star'],
  'Zone parameter': ['traversal', 'option', 'variable of nginx', 'variable of the shell', 'star'],
  'Proxy header name': ['option', 'star'],
  'Proxy header value': withoutDollar,
  'Proxy answer': anyPrintable,
  'Proxy location, inside': anyPrintable,
  'Proxy redirect, inside': ['backslash', 'traversal', 'option', 'variable of nginx', 'variable of the shell', 'star'],
  'Proxy redirect to a host': ['option'],
  'Proxy fallback, inside': anyPrintable.filter((name) => !['comment', 'traversal'].includes(name)),
  'Proxy request header name': ['option', 'star'],
  'Proxy request header value': withoutDollar,
  'Proxy hidden header': ['option'],
  'Proxy probe path': ['backslash', 'traversal', 'option', 'variable of nginx', 'variable of the shell', 'star'],
  'Proxy probe host': ['option'],
}

let host: ShellHost
beforeAll(async () => {
  host = await startShellHost()
})
afterAll(() => host.close())

describe.each(textFields)('$name', (field) => {
  it('takes what is harmless', async () => {
    const { says } = await read({ 'good.yaml': good, 'bad.yaml': field.file(JSON.stringify(field.harmless)) })
    expect(says.filter((finding) => finding.includes(': error: '))).toEqual([])
  })

  it('refuses every injection at its place, or keeps it between quotes', async () => {
    const plain = compileOne(field.file(JSON.stringify(field.harmless)))
    const taken = await Promise.all(
      Object.entries(hostile).map(async ([name, value]) => ((await holds(field, value, plain)) ? [name] : [])),
    )
    expect(taken.flat()).toEqual(takes[field.name] ?? [])
    expect((await host.run('ls /mnt')).stdout).toBe('')
  })
})

/** Whether it was taken; then its artefacts have the same shape as the harmless ones, and its probes run without doing what the value says. */
async function holds(field: TextField, value: string, plain: One): Promise<boolean> {
  const text = field.file(JSON.stringify(value))
  const { says, inForce } = await read({ 'good.yaml': good, 'bad.yaml': text }, { 'good.yaml': good })
  expect(says.every((finding) => /^bad\.yaml:\d+:\d+: (error|warning): [^\0-\x1f\x7f\u202e]+$/.test(finding))).toBe(true)
  if (!inForce.some((id) => id.endsWith('/bad'))) {
    expect(says.filter((finding) => finding.includes(': error: ')).length).toBeGreaterThan(0)
    return false
  }
  const made = compileOne(text)
  expect(made.artefacts.map((one) => shape(one, field))).toEqual(plain.artefacts.map((one) => shape(one, field)))
  for (const probe of made.probes) await host.run(`(${probe}\n) >/dev/null 2>&1 </dev/null`)
  return true
}

/** Without the block that stands where a dollar is written. What a reader of nginx's, nft's or a line-wise configuration takes for structure: everything outside of quotes that ends a word, line or block. */
function shape(text: string, { structure = 'blocks' }: TextField): string {
  if (structure === 'none') return ''
  if (structure === 'words') return text.replaceAll(/\S/g, '')
  return text
    .replace('geo $reeve_dollar {\n  default "$";\n}\n', '')
    .replaceAll(/"(?:[^"\\\n]|\\.)*"/g, '"')
    .replaceAll(/'[^'\n]*'/g, "'")
    .replaceAll(/[^;{}\n"]/g, '')
}
