/**
 * Something of a machine whose change the kernel announces by itself, and that a primitive's state may depend on. A sign to look, never what was seen.
 * `path`: this name in its folder, whatever stands there, and what stands in a file of this name · `folder`: that, and all names in the folder · `tree`: that, and all folders
 * below it · `mount`: what is mounted at this path · `swap`: areas in use · `nft`: a table · `link`: an interface of the network with its addresses · `block`: block devices.
 */
export type Watched =
  | { readonly on: 'path' | 'folder' | 'tree' | 'mount'; readonly path: string }
  | { readonly on: 'nft'; readonly table: string }
  | { readonly on: 'link'; readonly name: string }
  | { readonly on: 'swap' | 'block' }

/** What one reader on the host is for. */
export const watchSources = ['file', 'mount', 'swap', 'nft', 'link', 'block'] as const
export type WatchSource = (typeof watchSources)[number]

/** Names in their folders. */
export function paths(...all: readonly string[]): readonly Watched[] {
  return all.map((path) => ({ on: 'path', path }))
}

/** Whatever makes systemd start, stop, enable or mask units: it keeps a link for each unit that runs, with the id of that run, and removes it at its end. */
export function unitsWatched(...units: readonly string[]): readonly Watched[] {
  return [...paths(...units.map((unit) => `/run/systemd/units/invocation:${unit}`)), { on: 'tree', path: '/etc/systemd/system' }]
}

export const fstabWatched: readonly Watched[] = paths('/etc/fstab')
