import type { Spec } from '../../controller/model/primitive.ts'
import { filesystem } from '../../controller/primitives/filesystem/spec.ts'
import { logicalVolume } from '../../controller/primitives/logicalVolume/spec.ts'
import { mount } from '../../controller/primitives/mount/spec.ts'
import { swap } from '../../controller/primitives/swap/spec.ts'
import { volumeGroup } from '../../controller/primitives/volumeGroup/spec.ts'
import { web } from '../primitives/lxcContainer/specs.ts'
import { type Sample, treeOf } from './sample.ts'

const at = { volumeGroup: 'vg_data', name: 'conform' } as const
const volume = (mib: number): Spec => logicalVolume({ ...at, sizeBytes: BigInt(mib) << 20n })
const format = filesystem({ ...at, format: 'ext4' })
const area = filesystem({ ...at, format: 'swap' })
const pool = logicalVolume({ volumeGroup: 'vg_data', name: 'pool', sizeBytes: 64n << 20n, isThinPool: true, pending: [] })
const odd = '/srv/od d/$(touch owned) it\'s "x" #1'
const quoted = `'${odd.replaceAll("'", `'\\''`)}'`
const volumes = 'lvs --noheadings -o lv_name,lv_size,lv_tags,lv_active,lv_layout | sort'
/** As lvcreate made it: a superblock that only lost its signature would be raw data, and is left alone. */
const blank =
  'wipefs -qa /dev/vg_data/conform; dd if=/dev/zero of=/dev/vg_data/conform bs=64k count=3 status=none; lvchange -qq --addtag reeve.mkfs-pending vg_data/conform'
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
      spoil: blank,
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
      type: 'filesystem',
      name: 'a btrfs',
      needs: [volume(256)],
      wanted: [volume(256), filesystem({ ...at, format: 'btrfs', label: 'conform' })],
      spoil: blank,
      footprint: volumes,
      undoes: 'nothing',
    },
    {
      type: 'filesystem',
      name: 'an xfs',
      needs: [volume(300)],
      wanted: [volume(300), filesystem({ ...at, format: 'xfs', label: 'conform' })],
      spoil: blank,
      footprint: volumes,
      undoes: 'nothing',
    },
    {
      type: 'swap',
      name: 'a swap area',
      needs: [volume(40), area],
      wanted: [volume(40), area, swap({ device: '/dev/vg_data/conform' })],
      spoil: `swapoff -a; sed -i '/conform/d' /etc/fstab`,
      footprint: `cat /etc/fstab; sed 's/\t.*//' /proc/swaps`,
    },
    {
      type: 'volumeGroup',
      name: 'a volume group',
      wanted: [volumeGroup('vg_conform', ['/dev/disk/by-id/virtio-lab-blank'])],
      spoil:
        'vgremove -qq vg_conform; pvremove -qq /dev/vdc; dd if=/dev/zero of=/dev/vdc bs=1M count=1 status=none; : >/var/lib/reeve/ledger',
      // Byte for byte only without it: in its metadata LVM keeps all that was.
      footprint:
        'vgs --noheadings -o vg_name,pv_name,vg_tags; wipefs /dev/vdc; vgs vg_conform >/dev/null 2>&1 || head -c 2M /dev/vdc | sha256sum',
    },
    {
      type: 'logicalVolume',
      name: 'a thin volume in a pool',
      needs: [pool],
      wanted: [pool, logicalVolume({ ...at, sizeBytes: 100n << 20n, thinPool: 'pool' })],
      spoil: 'lvchange -qq -an vg_data/conform',
      footprint: volumes,
    },
    {
      type: 'logicalVolume',
      name: 'a striped volume',
      before: 'truncate -s 200M /a /b; vgcreate -qq vg_two $(losetup -f --show /a) $(losetup -f --show /b)',
      wanted: [logicalVolume({ volumeGroup: 'vg_two', name: 'conform', sizeBytes: 40n << 20n, stripes: 2 })],
      spoil: 'lvchange -qq -an vg_two/conform',
      footprint: volumes,
    },
    {
      type: 'lxcContainer',
      name: 'a container',
      before: prepareContainer,
      marksBefore: 'reeve.id=conform/Kind/one\n',
      wanted: [web({ template: archive })],
      spoil: "sed -i 's/^lxc.cgroup2.pids.max.*/lxc.cgroup2.pids.max = 7/' /var/lib/lxc/web/config",
      footprint: `${treeOf('/var/lib/lxc')}; lxc-ls -f -F NAME,STATE`,
    },
  ]
}
