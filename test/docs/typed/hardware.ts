import type { Scene } from './line.ts'

const DISK = { DISK: '/dev/disk/by-id/ata-QEMU_HARDDISK_LAB-SMART-1' }
const pool = { GROUP: 'vg_data', POOL: 'pages', '+10G': '+16M', '+256M': '+4M' }
const NAME = { NAME: 'plpa' }

/** What needs device-mapper, disks, or a container with an init of its own: typed by test/guide/hardware.lab.test.ts on a hypervisor of the lab, on which the Container plpa runs. */
export const hardwareScenes: readonly Scene[] = [
  {
    name: 'a volume group',
    on: 'he1',
    before: `lvcreate -qy --type thin-pool -L 64M -n pages vg_data; truncate -s 64M /root/disk.img; losetup /dev/loop7 /root/disk.img`,
    lines: [
      { text: 'vgs', says: /vg_data/ },
      { text: 'lvs', says: /pages/ },
      { text: 'vgextend GROUP DISK', as: { GROUP: 'vg_data', DISK: '/dev/loop7' }, says: /successfully extended/ },
      { text: 'lvs -a -o +metadata_percent GROUP', as: pool, says: /\[pages_tmeta\]/ },
      { text: 'lvs -a -o +metadata_percent,lv_health_status GROUP', as: pool, says: /Health/ },
      { text: 'lvextend -L +10G GROUP/POOL', as: pool, says: /successfully resized/ },
      { text: 'lvextend --poolmetadatasize +256M GROUP/POOL', as: pool, says: /successfully resized/ },
      { text: 'lvconvert --repair GROUP/POOL', as: pool, prefix: 'lvchange -an vg_data/pages; ' },
    ],
    after: 'lvremove -qy vg_data/pages; lvs --noheadings -o lv_name vg_data | grep pages_meta | xargs -r -I {} lvremove -qy vg_data/{}',
  },
  {
    name: 'disks',
    on: 'he1',
    lines: [
      { text: 'lsblk DISK', as: DISK, says: /disk/ },
      { text: 'ls -l /dev/disk/by-id/', says: /LAB-SMART-1/ },
      { text: 'smartctl -x DISK', as: DISK, ends: [0, 4], says: /SMART overall-health/ },
      { text: 'smartctl -A DISK', as: DISK, ends: [0, 4], says: /ATTRIBUTE_NAME/ },
      { text: 'smartctl -t long DISK', as: DISK, ends: [0, 4], says: /Testing has begun|test/i },
      { text: 'smartctl -l selftest DISK', as: DISK, ends: [0, 4], says: /Self-test log/ },
    ],
  },
  {
    name: 'a container',
    on: 'he1',
    before: 'mkdir -p /run/reeve/lxc; date +%s >/run/reeve/lxc/plpa.kills; date +%s >/run/reeve/lxc/plpa.starts',
    lines: [
      { text: 'lxc-info -n NAME', as: NAME, says: /RUNNING/ },
      { text: 'lxc-attach -n NAME -- systemctl --failed', as: NAME, says: /loaded units listed/ },
      { text: 'systemd-cgtop /lxc.payload.NAME', as: NAME, prefix: 'timeout 5 ', ends: [0, 124], says: /lxc\.payload\.plpa/ },
      { text: 'cat /run/reeve/lxc/NAME.kills', as: NAME, says: /^\d+$/m },
      { text: 'rm /run/reeve/lxc/NAME.starts', as: NAME },
      { text: 'lxc-start -n NAME -F', as: NAME, prefix: 'lxc-stop -n plpa; timeout -s PWR -k 60 20 ', ends: [0, 124, 137] },
      {
        text: 'lxc-start -n NAME -F -l DEBUG -o /tmp/log',
        as: NAME,
        prefix: 'lxc-stop -k -n plpa; timeout -s PWR -k 60 20 ',
        ends: [0, 124, 137],
      },
      { text: 'mount /dev/VG/LV /mnt', as: { VG: 'vg_data', LV: 'plpa' }, prefix: 'lxc-stop -k -n plpa; test -s /tmp/log; ' },
      { text: 'chroot /mnt', prefix: 'echo "cat /etc/os-release" | ', says: /Debian/ },
      { text: 'umount /mnt' },
    ],
  },
]
