import type { Fleet } from '../../model/fleet.ts'
import type { Manifest } from '../../model/manifest.ts'
import { addressOfContainer, type Vhost } from './places.ts'

export type Wildcard = NonNullable<Vhost['wildcard']>

/** First labels and where each is passed on to, in order; what is written and what Containers give. */
export function wildcardEntries(wildcard: Wildcard, fleet: Fleet): readonly (readonly [label: string, server: string])[] {
  const { entries = {}, fromContainers } = wildcard
  const written = Object.entries(entries).flatMap(([label, server]) => (server === undefined ? [] : [[label, server] as const]))
  const found = chosenContainers(wildcard, fleet).flatMap(({ name }) => {
    const address = addressOfContainer(fleet, name)
    return address === undefined ? [] : [[name, `${address}:${fromContainers?.port ?? 80}`] as const]
  })
  return [...written, ...found].sort(([one], [other]) => (one < other ? -1 : 1))
}

/** Containers that have all the labels. */
export function chosenContainers({ fromContainers }: Wildcard, fleet: Fleet): readonly Manifest[] {
  if (fromContainers === undefined) return []
  const wanted = Object.entries(fromContainers.matchLabels)
  return fleet.all('Container').filter(({ labels }) => wanted.every(([label, value]) => labels[label] === value))
}
