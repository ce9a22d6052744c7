import { complain } from '../model/kind.ts'
import type { Diagnostic } from '../model/manifest.ts'
import type { Needed, Spec } from '../model/primitive.ts'
import { file, markLine } from '../primitives/file/spec.ts'
import { debianPackage } from '../primitives/package/spec.ts'
import { service } from '../primitives/service/spec.ts'
import type { Mount, SystemPlace } from './place.ts'

/** Over which nothing is mounted from here: what the machine needs to come up, and Reeve's own. */
const closed = [
  '/proc',
  '/sys',
  '/dev',
  '/run',
  '/etc',
  '/boot',
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/root',
  '/var/lib/reeve',
  '/var/lib/lxc',
]
const closedItself = ['/var', '/var/lib', '/var/log', '/home', '/srv', '/opt', '/tmp', '/mnt']
const sources = ['device', 'nfs', 'bind', 'tmpfs'] as const
/** What the unit itself says, or what would change what it is. */
const notHere = /^(bind|rbind|move|remount|nofail|noauto|auto|user|users|owner|group|_netdev|loop|size|x-.*)(=|$)/
const opposites = [
  ['ro', 'rw'],
  ['exec', 'noexec'],
  ['suid', 'nosuid'],
  ['dev', 'nodev'],
  ['sync', 'async'],
] as const

/** Fails where the place is another's: a line of fstab, another mount, or files that would be hidden. Arguments: path, what, type. */
const judge = `where=$1 what=$2 type=$3
[ ! -e /etc/fstab ] || while read -r source target rest; do
  case $source in '#'*) continue ;; esac
  [ "$target" != "$where" ] || { echo "/etc/fstab mounts $source at $where already: take that line out, or this mount"; exit 1; }
done </etc/fstab
if mountpoint -q "$where"; then
  found=$(findmnt -nro SOURCE,FSTYPE --mountpoint "$where" | tail -n 1)
  case $type in
    tmpfs) [ "\${found##* }" = tmpfs ] && exit 0 ;;
    bind) [ "$what" -ef "$where" ] && exit 0 ;;
    nfs) [ "\${found% *}" = "$what" ] && exit 0 ;;
    *) device=$(findfs "$what" 2>/dev/null) && [ "\${found% *}" -ef "$device" ] && exit 0 ;;
  esac
  echo "$found is mounted at $where: unmount it, or choose another path"; exit 1
fi
if [ -L "$where" ]; then echo "$where is a symbolic link: write the path that it leads to"; exit 1; fi
for entry in "$where"/* "$where"/.[!.]* "$where"/..?*; do
  if [ -e "$entry" ] || [ -L "$entry" ]; then echo "$where is not empty: its files would be hidden; move them away"; exit 1; fi
done
case $type in bind) [ -d "$what" ] || { echo "$what, which is to be shown at $where, is no folder"; exit 1; } ;; esac
exit 0`

/** Units of systemd, whose words these are; a line of fstab would be one of people's. What is mounted below another comes after it. */
export function compileMounts({ manifest, mounts = [], target }: SystemPlace, needs: readonly Needed[], fleet: string): readonly Spec[] {
  if (mounts.length === 0) return []
  const nfs = debianPackage('nfs-common')
  const all = mounts.flatMap((mount) => {
    const own = mount.nfs === undefined ? needs : [...needs, { target, id: nfs.id }]
    return compileMount(mount, `${markLine(fleet, manifest.id)}`, [
      ...own,
      ...mountsOver(mount.path, mounts).map((path) => ({ target, id: mountUnitId(path) })),
    ])
  })
  return [...(mounts.some((mount) => mount.nfs !== undefined) ? [nfs] : []), ...all]
}

function compileMount(mount: Mount, mark: string, needs: readonly Needed[]): readonly Spec[] {
  const unit = mountUnit(mount.path)
  const plain = { mode: '0644', owner: 'root:root', needs } as const
  const written = file({ path: `/etc/systemd/system/${unit}`, content: `${mark}${unitText(mount)}`, ...plain })
  const options = file({
    path: `/etc/systemd/system/${unit}.d/options.conf`,
    content: `${mark}[Mount]\nOptions=${optionsOf(mount).join(',')}\n`,
    ...plain,
  })
  const { what, type } = sourceOf(mount)
  const mounted = service({
    unit,
    isEnabled: true,
    state: 'running',
    loads: [written, options],
    startsWith: [written.id],
    reload: 'reload',
    check: { argv: ['true'], failOn: [], expects: ['sh', '-c', judge, 'mount', mount.path, what, mount.nfs === undefined ? type : 'nfs'] },
    needs,
  })
  return [written, options, mounted]
}

function mountUnitId(path: string) {
  return service({ unit: mountUnit(path), state: 'running', reload: 'reload' }).id
}

/** Places of other mounts that a path is below of. */
function mountsOver(path: string, mounts: readonly Mount[]): readonly string[] {
  return mounts.map((one) => one.path).filter((other) => path.startsWith(`${other}/`))
}

/** The mounts that must stand before a file at this path can be in them. */
export function mountsOfFile({ mounts = [], target }: SystemPlace, path: string): readonly Needed[] {
  return mountsOver(path, mounts).map((one) => ({ target, id: mountUnitId(one) }))
}

/** systemd-escape(1), --path. */
export function mountUnit(path: string): string {
  const words = path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll(/[^A-Za-z0-9:_.]/g, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`))
  return `${words.join('-')}.mount`
}

function sourceOf({ device, nfs, bind, tmpfs, type = '' }: Mount): { readonly what: string; readonly type: string } {
  if (nfs !== undefined) return { what: nfs, type: 'nfs' }
  if (bind !== undefined) return { what: bind, type: 'bind' }
  return tmpfs === undefined ? { what: device ?? '', type } : { what: 'tmpfs', type: 'tmpfs' }
}

function optionsOf({ bind, tmpfs, options = [] }: Mount): readonly string[] {
  const size = /^(\d+)([KMG])i$/.exec(tmpfs ?? '')
  const all = [...(bind === undefined ? [] : ['bind']), ...(size ? [`size=${size[1]}${size[2]?.toLowerCase()}`] : []), ...options]
  return all.length === 0 ? ['defaults'] : all
}

/** Without its default dependencies: a device that is gone must hold up no boot, as nofail in fstab. */
function unitText(mount: Mount): string {
  const { what, type } = sourceOf(mount)
  const after =
    mount.nfs === undefined ? 'After=local-fs-pre.target' : 'Wants=network-online.target\nAfter=network-online.target remote-fs-pre.target'
  return `[Unit]
Description=Mount ${mount.path}
DefaultDependencies=no
Conflicts=umount.target
Before=umount.target
${after}

[Mount]
What=${mount.device?.startsWith('/') === false ? byName(mount.device) : what}
Where=${mount.path}
${type === '' || type === 'bind' ? '' : `Type=${type}\n`}
[Install]
WantedBy=multi-user.target
`
}

/** fstab(5) knows UUID=, a unit does not (systemd.mount(5)). */
function byName(device: string): string {
  const [tag = '', value = ''] = device.split('=')
  return `/dev/disk/by-${tag.toLowerCase()}/${value}`
}

/** What the schema cannot say of mounts. */
export function checkMounts({ manifest, mounts = [] }: SystemPlace): readonly Diagnostic[] {
  return mounts.flatMap((mount, index) => {
    const say = (field: string, summary: string, hint?: string) => complain(manifest, `spec.system.mounts[${index}]${field}`, summary, hint)
    return [...checkPlace(mount, say), ...checkSource(mount, say), ...checkOptions(mount, say)]
  })
}

type Say = (field: string, summary: string, hint?: string) => Diagnostic

function checkPlace({ path, bind }: Mount, say: Say): readonly Diagnostic[] {
  const place = closed.find((one) => path === one || path.startsWith(`${one}/`)) ?? closedItself.find((one) => path === one)
  if (place !== undefined) return [say('.path', `${path} is no place to mount over: the machine needs what is there`)]
  return bind === path ? [say('.bind', `${path} would be shown at itself`, 'name the folder that is shown there')] : []
}

function checkSource(mount: Mount, say: Say): readonly Diagnostic[] {
  const named = sources.filter((source) => mount[source] !== undefined)
  if (named.length !== 1)
    return [say('', `a mount has exactly one of ${sources.join(', ')}; this one has ${named.join(' and ') || 'none'}`)]
  if (mount.type !== undefined && mount.device === undefined)
    return [say('.type', `type belongs to a device; ${named[0]} has its own`, 'leave it out')]
  if (/^\/dev\/(sd[a-z]+\d*|hd[a-z]\d*|nvme\d.*)$/.test(mount.device ?? ''))
    return [
      { ...say('.device', `${mount.device} may be another disk after a reboot`, 'write UUID=… as blkid prints it'), severity: 'warning' },
    ]
  return []
}

function checkOptions({ options = [] }: Mount, say: Say): readonly Diagnostic[] {
  return options.flatMap((option, index) => {
    if (notHere.test(option))
      return [
        say(`.options[${index}]`, `${option} is not an option here: the fields of the mount say so, or the unit does`, 'leave it out'),
      ]
    const first = options.findIndex((one) => one.split('=')[0] === option.split('=')[0])
    if (first !== index) return [say(`.options[${index}]`, `${option.split('=')[0]} is already at options[${first}]`)]
    const pair = opposites.find(([on, off]) => (option === on && options.includes(off)) || (option === off && options.includes(on)))
    return pair === undefined || options.indexOf(option) < Math.max(...pair.map((one) => options.indexOf(one)))
      ? []
      : [say(`.options[${index}]`, `${pair.join(' and ')} exclude each other`, 'leave one of them out')]
  })
}
