import { etcdAt } from './rig.ts'

/** Who was in charge of what, one after the other, as etcd tells it. */
export interface MovesSeen extends Disposable {
  of(hypervisor: string): readonly string[]
}

/** Begins with who is in charge now. */
export async function watchMoves(url: string, fleet = 'test'): Promise<MovesSeen> {
  const prefix = `/reeve/${fleet}/owners/`
  const etcd = etcdAt(url, { timeoutMs: 10_000 })
  const seen = new Map<string, string[]>()
  const note = ({ key, value }: { readonly key: string; readonly value: string }): void => {
    const hypervisor = key.slice(prefix.length)
    seen.set(hypervisor, [...(seen.get(hypervisor) ?? []), (JSON.parse(value) as { readonly member: string }).member])
  }
  const { entries, revision } = await etcd.read(prefix)
  for (const entry of entries) note(entry)
  const ended = new AbortController()
  const learn = etcd.watch(
    prefix,
    revision + 1,
    ({ events }) => {
      for (const event of events) if (event.type === 'put') note(event.entry)
    },
    ended.signal,
  )
  learn.catch(() => {})
  return {
    of: (hypervisor) => seen.get(hypervisor) ?? [],
    [Symbol.dispose]() {
      ended.abort()
      etcd[Symbol.dispose]()
    },
  }
}
