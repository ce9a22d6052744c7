import type { Spec } from '../../controller/model/primitive.ts'
import { filesystem } from '../../controller/primitives/filesystem/spec.ts'
import { logicalVolume } from '../../controller/primitives/logicalVolume/spec.ts'
import { mount } from '../../controller/primitives/mount/spec.ts'
import { web } from '../primitives/lxcContainer/specs.ts'
import { type Sample, treeOf } from './sample.ts'

const at = { volumeGroup: 'vg_data', name: 'conform' } as const
const volume = (mib: number): Spec => logicalVolume({ ...at, sizeBytes: BigInt(mib) << 20n })
const format = filesystem({ ...at, format: 'ext4' })
const odd = '/srv/od d/$(touch owned) it\'s "x" #1'
const quoted = `'${odd.replaceAll("'", `'\\''`)}'`
const volumes = 'lvs --noheadings -o lv_name,lv_size,lv_tags,lv_attr | sort'
const mounts = `cat /etc/fstab; findmnt -rno TARGET,SOURCE,OPTIONS --real | sort; ${treeOf('/srv')}`

const prepareContainer = `ip link show br-lxc >/dev/null 2>&1 || { ip link add br-lxc type bridge; ip addr add 192.168.100.1/24 dev br-lxc; ip link set br-lxc up; }
lvcreate -qq -y -Wy -Zy -L 400M -n web --addtag reeve.id=conform/Kind/one --addtag reeve.populate-pending vg_data
mkfs.ext4 -q /dev/vg_data/web`

/** Samples that need LVM and LXC. The archive is the lab's. */
export function labSamples(archive: { readonly path: string; readonly sha256: string }): readonly Sample[] {
  return [
    {
      type: 'logicalVolume',
      name: 'a logical volume',
      wanted: [volume(40)],
      spoil: 'lvchange -qq -an vg_data/conform',
      footprint: volumes,
    },
    {
      type: 'filesystem',
      name: 'a file system',
      needs: [volume(40)],
      wanted: [volume(40), format],
      spoil: 'wipefs -qa /dev/vg_data/conform; lvchange -qq --addtag reeve.mkfs-pending vg_data/conform',
      footprint: volumes,
      undoes: 'nothing',
    },
    {
      type: 'mount',
      name: 'a mount with a hostile name',
      needs: [volume(40), format],
      wanted: [volume(40), format, mount({ path: odd, device: '/dev/vg_data/conform', format: 'ext4', options: ['noatime'] })],
      spoil: `umount ${quoted}; sed -i '/conform/d' /etc/fstab`,
      footprint: mounts,
    },
    {
      type: 'lxcContainer',
      name: 'a container',
      before: prepareContainer,
      wanted: [web({ template: archive })],
      spoil: "sed -i 's/^lxc.cgroup2.pids.max.*/lxc.cgroup2.pids.max = 7/' /var/lib/lxc/web/config",
      footprint: `${treeOf('/var/lib/lxc')}; lxc-ls -f -F NAME,STATE`,
    },
  ]
}
