import type { StatusView } from '../../../controller/model/status.ts'

/** What the running controller says of itself over HTTP. */
export interface Api {
  status(): Promise<StatusView>
  /** Sum of the samples of one counter or gauge whose labels hold all of these. */
  metric(name: string, labels: Readonly<Record<string, string>>): Promise<number>
}

export function createApi(url: string): Api {
  const get = async (path: string) => {
    const answer = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(10_000) })
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status}`)
    return answer
  }
  return {
    status: async () => (await (await get('/api/v1/status')).json()) as StatusView,
    metric: async (name, labels) => sumOf(await (await get('/metrics')).text(), name, labels),
  }
}

/** Adds up samples of the text exposition format. */
export function sumOf(text: string, name: string, labels: Readonly<Record<string, string>>): number {
  const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`)
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && wanted.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

/** Whether all of the fleet is as this commit says, or what is missing. */
export function missingOf(status: StatusView, commit: string): string | undefined {
  if (status.commit?.hash !== commit) return 'the commit is not read yet'
  if (status.errors.length > 0) return status.errors[0]
  const host = status.hypervisors.find((one) => one.isUp !== true || !['noop', 'converged'].includes(one.lastResult ?? ''))
  if (host) return `${host.name}: ${host.message || 'not tried yet'}`
  const resource = status.resources.find((one) => !one.conditions.some(({ type, status: is }) => type === 'Ready' && is === true))
  const ready = resource?.conditions.find(({ type }) => type === 'Ready')
  return resource && `${resource.kind}/${resource.name} is not ready: ${ready?.message ?? 'nothing was said of it yet'}`
}
