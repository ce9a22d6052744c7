import type { OpenvzSampleSpec } from './spec.ts'

const markPattern = /^# reeve fleet=([a-z0-9-]{1,63}) owner=([A-Za-z]{1,40}\/[a-z0-9-]{1,63})$/m

/** The mark in a sample; it is not that of a container, and is left out where one is made from it. */
export function markIn(text: string): { readonly fleet: string; readonly owner: string } | undefined {
  const match = markPattern.exec(text)
  return match ? { fleet: match[1] ?? '', owner: match[2] ?? '' } : undefined
}

/** The base, with each parameter that is set in the place of its first line, or at the end. */
export function render(spec: OpenvzSampleSpec, base: string): string {
  const pending = new Map(Object.entries(spec.set))
  const kept = base
    .replace(/\n$/, '')
    .split('\n')
    .filter((line) => !markPattern.test(line))
    .flatMap((line) => {
      const key = keyOf(line)
      if (key === undefined || !(key in spec.set)) return [line]
      const value = pending.get(key)
      pending.delete(key)
      return value === undefined ? [] : [renderLine(key, value)]
    })
  return `${[...kept, ...[...pending].map(([key, value]) => renderLine(key, value))].join('\n')}\n`
}

export function renderMark(fleet: string, owner: string): string {
  const line = `# reeve fleet=${fleet} owner=${owner}`
  if (!markPattern.test(line)) throw new Error(`not a mark: ${JSON.stringify(line)}`)
  return `${line}\n`
}

export function withoutMark(text: string): string {
  return text.replace(markPattern, '').replace(/^\n/, '')
}

function keyOf(line: string): string | undefined {
  return /^\s*([A-Z][A-Z0-9_]*)=/.exec(line)?.[1]
}

/** Scripts of the host source the file: nothing but $VEID may mean anything there. */
function renderLine(key: string, value: string): string {
  if (!/^[A-Z][A-Z0-9_]{0,40}$/.test(key) || !/^(?:\$VEID|[A-Za-z0-9_./:,@%+= -])*$/.test(value))
    throw new Error(`not a line of a sample: ${JSON.stringify(`${key}=${value}`)}`)
  return `${key}="${value}"`
}
