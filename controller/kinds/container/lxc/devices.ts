/** Numbers that the kernel gives the same device everywhere (Documentation/admin-guide/devices.txt). */
const known: Readonly<Record<string, string>> = {
  '/dev/fuse': 'c 10:229',
  '/dev/net/tun': 'c 10:200',
  '/dev/ppp': 'c 108:0',
  '/dev/kvm': 'c 10:232',
  '/dev/loop-control': 'c 10:237',
  '/dev/vhost-net': 'c 10:238',
}

/** Sort and number of a device, `c 10:229`; undefined where only its host can tell. */
export function deviceNumber({ path, number }: { readonly path: string; readonly number?: string }): string | undefined {
  return number ?? known[path]
}
