/** One step of a path: a field's name or a place in a list. */
export type PathStep = string | number

/** `spec.rules[2].ports`; a name with other characters stands as `["example.org/x"]`. */
export function formatPath(steps: readonly PathStep[]): string {
  return steps.map(formatStep).join('').replace(/^\./, '')
}

function formatStep(step: PathStep): string {
  if (typeof step === 'number') return `[${step}]`
  return /^[A-Za-z_][\w-]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`
}

/** Reads what `formatPath` writes, and forgives the rest: an unreadable end is left out, so the nearest parent answers. */
export function parsePath(path: string): readonly PathStep[] {
  const steps: PathStep[] = []
  for (const match of path.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g)) {
    if (match[1] !== undefined) steps.push(Number(match[1]))
    else if (match[2] !== undefined) steps.push(unquoted(match[2]))
    else steps.push(match[3] ?? '')
  }
  return steps
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text))
  } catch {
    return text
  }
}

/** Steps of a JSON pointer (RFC 6901), as ajv names the place of an error; digits become a place where they stand in a list. */
export function pointerSteps(pointer: string, root: unknown): readonly PathStep[] {
  const steps: PathStep[] = []
  let value = root
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    const step = Array.isArray(value) ? Number(name) : name
    steps.push(step)
    value = (value as Record<PathStep, unknown> | undefined)?.[step]
  }
  return steps
}
