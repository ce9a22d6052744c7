import type { Fleet } from '../../../model/fleet.ts'
import { parseBytes } from '../../../model/quantity.ts'
import { markLine } from '../../../primitives/file/spec.ts'
import type { ProxyManifest } from '../places.ts'
import { sockets } from './listen.ts'

export const folder = '/etc/varnish/reeve'
export const dropIn = '/etc/systemd/system/varnish.service.d/reeve.conf'

/** Name of a loaded VCL; a person's own have others, and are left alone. */
export function loadedName(generation: string): string {
  return `reeve_${generation}`
}

/** What varnishd does at its start, so that the VCL has its name then too. */
export function startCommands(generation: string): string {
  return `vcl.load ${loadedName(generation)} ${folder}/main.vcl\nvcl.use ${loadedName(generation)}\n`
}

/** Loads beside, then uses: a VCL that cannot be compiled leaves the one in use alone. Of ours the last two before it stay, to go back to. */
export function loadScript(generation: string): string {
  return `#!/bin/sh
set -eu
name=${loadedName(generation)}
list=$(varnishadm vcl.list)
case "$list " in *" $name
"*|*" $name ") ;; *) varnishadm vcl.load "$name" ${folder}/main.vcl >&2 ;; esac
varnishadm vcl.use "$name"
list=$(varnishadm vcl.list)
old=''
while read -r state rest; do
  one=\${rest##* }
  case $state:$one in available:reeve_*) [ "$one" = "$name" ] || old="$one $old" ;; esac
done <<LIST
$list
LIST
set -f
kept=0
for one in $old; do
  kept=$((kept + 1))
  [ "$kept" -le 2 ] || varnishadm vcl.discard "$one" || :
done
`
}

/** Debian's own unit has port, VCL and memory on its command line; /etc/default/varnish is read no more. */
export function unitText({ id, spec }: ProxyManifest, fleet: Fleet): string {
  const listen = sockets(spec.vhosts).map((socket, index) => `-a s${index}=${socket.replace(/^\*/, '')}`)
  const words = [
    '/usr/sbin/varnishd -j unix,user=vcache -F',
    ...listen,
    '-T localhost:6082 -S /etc/varnish/secret',
    `-s malloc,${memoryOf(spec.cache?.memory)}`,
    `-f '' -I ${folder}/start.cli`,
  ]
  return `${markLine(fleet.name, id)}[Service]
ExecStart=
ExecStart=${words.join(' ')}
ExecReload=
ExecReload=/bin/sh ${folder}/load
`
}

function memoryOf(text = '256Mi'): string {
  const bytes = parseBytes(text)
  return bytes.ok ? `${bytes.value}` : '268435456'
}
