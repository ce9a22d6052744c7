import { type BadInput, container, volume } from './repository.ts'

const image = (fields: string): string =>
  volume({ lvm: undefined, filesystem: undefined, mount: undefined, image: `{path: /srv/i.qcow2, ${fields}}` })

export const volumeCases: readonly BadInput[] = [
  {
    name: 'a size in decimal units',
    file: volume({ lvm: '{volumeGroup: vg_data, size: 10G}' }),
    says: ['bad.yaml:6:37: error: spec.lvm.size: write 10Gi (LVM counts in GiB; 10G would be 9.31 GiB)'],
  },
  {
    name: 'a size of nothing',
    file: volume({ lvm: '{volumeGroup: vg_data, size: 0Gi}' }),
    says: ['bad.yaml:6:37: error: spec.lvm.size: size must be positive'],
  },
  {
    name: 'a size below nothing',
    file: volume({ lvm: '{volumeGroup: vg_data, size: -1}' }),
    says: ['bad.yaml:6:37: error: spec.lvm.size: must be text, not -1; write it in quotes: "-1"'],
  },
  {
    name: 'a size in words',
    file: volume({ lvm: '{volumeGroup: vg_data, size: ten}' }),
    says: [
      'bad.yaml:6:37: error: spec.lvm.size: "ten" is not allowed here; Size in bytes or with Ki, Mi, Gi, Ti, for example 10Gi, rounded up to whole extents',
    ],
  },
  {
    name: 'no size',
    file: volume({ lvm: '{volumeGroup: vg_data}' }),
    says: [
      'bad.yaml:6:8: error: spec.lvm: the field "size" is missing; Size in bytes or with Ki, Mi, Gi, Ti, for example 10Gi, rounded up to whole extents',
    ],
  },
  {
    name: 'a name that LVM keeps for itself',
    file: volume({ lvm: '{volumeGroup: vg_data, name: snapshot1, size: 1Gi}' }),
    says: [
      'bad.yaml:6:37: error: spec.lvm.name: logical volume name snapshot1 begins with a word that LVM reserves (snapshot, pvmove); set spec.lvm.name',
    ],
  },
  {
    name: 'a name with a part that LVM keeps for itself',
    file: volume({ lvm: '{volumeGroup: vg_data, name: x_tmeta, size: 1Gi}' }),
    says: [
      'bad.yaml:6:37: error: spec.lvm.name: logical volume name x_tmeta holds a word that LVM reserves for parts of volumes (such as _tdata); set spec.lvm.name',
    ],
  },
  {
    name: 'a name with a space',
    file: volume({ lvm: '{volumeGroup: vg_data, name: "a b", size: 1Gi}' }),
    says: [
      'bad.yaml:6:37: error: spec.lvm.name: "a b" is not allowed here; Name of the logical volume, letters, digits, + - _ and dots (lvm(8))',
    ],
  },
  {
    name: 'a name of 128 characters',
    file: volume({ lvm: `{volumeGroup: vg_data, name: ${'a'.repeat(128)}, size: 1Gi}` }),
    says: [
      'bad.yaml:6:37: error: spec.lvm.name: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…" is too long: at most 127 characters, 128 are written',
    ],
  },
  {
    name: 'a volume group of two dots',
    file: volume({ lvm: '{volumeGroup: .., size: 1Gi}' }),
    says: ['bad.yaml:6:22: error: spec.lvm.volumeGroup: volume group .. is not a name that vgcreate takes'],
  },
  {
    name: 'a format that is not there',
    file: volume({ filesystem: '{type: ext5}' }),
    says: [
      'bad.yaml:7:22: error: spec.filesystem.type: must be one of ext2, ext3, ext4, xfs, btrfs, swap, not the text "ext5"; did you mean "ext2" or "ext3" or "ext4"?',
    ],
  },
  {
    name: 'an old format',
    file: volume({ filesystem: '{type: ext3}' }),
    says: ['bad.yaml:7:22: warning: spec.filesystem.type: ext3 is served by the ext4 driver; a new volume is better off with ext4'],
    adds: ['Volume/bad'],
  },
  {
    name: 'a label too long for ext4',
    file: volume({ filesystem: '{type: ext4, label: "a234567890123456x"}' }),
    says: ['bad.yaml:7:35: error: spec.filesystem.label: a label on ext4 has at most 16 characters, a234567890123456x has 17'],
  },
  {
    name: 'a label too long for xfs',
    file: volume({ filesystem: '{type: xfs, label: a234567890123}' }),
    says: ['bad.yaml:7:34: error: spec.filesystem.label: a label on xfs has at most 12 characters, a234567890123 has 13'],
  },
  {
    name: 'xfs on too little',
    file: volume({ lvm: '{volumeGroup: vg_data, size: 200Mi}', filesystem: '{type: xfs}' }),
    says: ['bad.yaml:6:37: error: spec.lvm.size: mkfs.xfs needs 300 MiB, this is 200 MiB; set size to 300Mi or more, or take ext4'],
  },
  {
    name: 'a mount without a format',
    file: volume({ filesystem: undefined }),
    says: ['bad.yaml:7:10: error: spec.mount: a volume without a filesystem cannot be mounted; add spec.filesystem: {type: ext4}'],
  },
  {
    name: 'a relative mount',
    file: volume({ mount: '{path: srv/bad}' }),
    says: [
      'bad.yaml:8:17: error: spec.mount.path: "srv/bad" is not allowed here; Absolute path of the mount point, for example /srv/data, made where it is missing; must be empty until it is mounted',
    ],
  },
  {
    name: 'the root as a mount',
    file: volume({ mount: '{path: /}' }),
    says: [
      'bad.yaml:8:17: error: spec.mount.path: mount.path / is a system directory: a volume there would hide the running system; choose a path below /srv, /home or /var/lib',
    ],
  },
  {
    name: 'a system directory as a mount',
    file: volume({ mount: '{path: /etc}' }),
    says: [
      'bad.yaml:8:17: error: spec.mount.path: mount.path /etc is a system directory: a volume there would hide the running system; choose a path below /srv, /home or /var/lib',
    ],
  },
  {
    name: 'a mount below a system tree',
    file: volume({ mount: '{path: /proc/x}' }),
    says: [
      'bad.yaml:8:17: error: spec.mount.path: mount.path /proc/x is a system directory: a volume there would hide the running system; choose a path below /srv, /home or /var/lib',
    ],
  },
  {
    name: 'a mount up a folder',
    file: volume({ mount: '{path: /srv/../etc}' }),
    says: [
      'bad.yaml:8:17: error: spec.mount.path: mount.path /srv/../etc is not normalised: no empty part, no . and no .., no / at the end',
    ],
  },
  {
    name: 'a mount with two slashes',
    file: volume({ mount: '{path: //srv}' }),
    says: ['bad.yaml:8:17: error: spec.mount.path: mount.path //srv is not normalised: no empty part, no . and no .., no / at the end'],
  },
  {
    name: 'a mount where Reeve lives',
    file: volume({ mount: '{path: /var/lib/reeve/ledger}' }),
    says: [
      'bad.yaml:8:17: error: spec.mount.path: mount.path /var/lib/reeve/ledger is a system directory: a volume there would hide the running system; choose a path below /srv, /home or /var/lib',
    ],
  },
  {
    name: 'the mount of another volume',
    file: volume({ mount: '{path: /srv/data}' }),
    says: [
      'bad.yaml:8:17: error: spec.mount.path: "/srv/data" is already taken by Volume/data (good.yaml:16:17); it must be unique: mount path on he1',
      'good.yaml:16:17: error: spec.mount.path: "/srv/data" is already taken by Volume/bad (bad.yaml:8:17); it must be unique: mount path on he1',
    ],
  },
  {
    name: 'the LV of another volume',
    file: volume({ lvm: '{volumeGroup: vg_data, name: data, size: 1Gi}' }),
    says: [
      'bad.yaml:6:37: error: spec.lvm.name: "data" is already taken by Volume/data (good.yaml:11:18); it must be unique: LV in vg_data on he1',
      'good.yaml:11:18: error: metadata.name: "data" is already taken by Volume/bad (bad.yaml:6:37); it must be unique: LV in vg_data on he1',
    ],
  },
  {
    name: 'noauto',
    file: volume({ mount: '{path: /srv/bad, options: [noauto]}' }),
    says: [
      'bad.yaml:8:37: error: spec.mount.options[0]: noauto contradicts the mount that is asked for; leave out spec.mount to keep it unmounted',
    ],
  },
  {
    name: 'a bind mount',
    file: volume({ mount: '{path: /srv/bad, options: [bind]}' }),
    says: ['bad.yaml:8:37: error: spec.mount.options[0]: option bind does not belong to a mount of a volume'],
  },
  {
    name: 'a mark of ours among the options',
    file: volume({ mount: '{path: /srv/bad, options: [x-reeve.id=other]}' }),
    says: ['bad.yaml:8:37: error: spec.mount.options[0]: option x-reeve.id does not belong to a mount of a volume'],
  },
  {
    name: 'an owner of digits and signs',
    file: volume({ mount: '{path: /srv/bad, owner: "root;id"}' }),
    says: [
      'bad.yaml:8:34: error: spec.mount.owner: "root;id" is not allowed here; Owner and group of the mounted directory by name, for example root:root',
    ],
  },
  {
    name: 'a mode of three digits',
    file: volume({ mount: '{path: /srv/bad, mode: "755"}' }),
    says: ['bad.yaml:8:33: error: spec.mount.mode: "755" is not allowed here; Mode of the mounted directory, four octal digits'],
  },
  {
    name: 'a mode that YAML reads as a number',
    file: volume({ mount: '{path: /srv/bad, mode: 0755}' }),
    says: [
      'bad.yaml:8:33: error: spec.mount.mode: 0755 has a leading zero, which YAML 1.2 reads as decimal and others as octal; write "0755" in quotes',
    ],
  },
  {
    name: 'a pass that fsck does not know',
    file: volume({ mount: '{path: /srv/bad, pass: 10}' }),
    says: ['bad.yaml:8:33: error: spec.mount.pass: 10 is too large: at most 9'],
  },
  {
    name: 'a label too long for swap',
    file: volume({ filesystem: '{type: swap, label: a234567890123456}', mount: undefined }),
    says: ['bad.yaml:7:35: error: spec.filesystem.label: a label on swap has at most 15 characters, a234567890123456 has 16'],
  },
  {
    name: 'a label too long for any filesystem',
    file: volume({ filesystem: `{type: btrfs, label: ${'a'.repeat(256)}}` }),
    says: [
      'bad.yaml:7:36: error: spec.filesystem.label: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…" is too long: at most 255 characters, 256 are written',
    ],
  },
  {
    name: 'btrfs on too little',
    file: volume({ lvm: '{volumeGroup: vg_data, size: 255Mi}', filesystem: '{type: btrfs}' }),
    says: [
      'bad.yaml:6:37: error: spec.lvm.size: btrfs cannot be grown below 256 MiB, this is 255 MiB; set size to 256Mi or more, or take ext4',
    ],
  },
  {
    name: 'swap with a path',
    file: volume({ filesystem: '{type: swap}' }),
    says: [
      'bad.yaml:8:10: error: spec.mount: swap is not mounted: it is taken into use, and has its line of fstab, without spec.mount; leave out spec.mount',
    ],
  },
  {
    name: 'a part of a btrfs',
    file: volume({ filesystem: '{type: btrfs}', mount: '{path: /srv/bad, options: [subvol=@home]}' }),
    says: [
      'bad.yaml:8:37: error: spec.mount.options[0]: option subvol mounts a part of a btrfs, and only whole volumes are mounted; leave it out; a folder of the mounted volume does the same',
    ],
  },
  {
    name: 'a thin pool with a filesystem',
    file: volume({ lvm: '{volumeGroup: vg_data, size: 1Gi, type: ThinPool}', mount: undefined }),
    says: [
      'bad.yaml:7:15: error: spec.filesystem: a thin pool holds volumes and no filesystem; put the filesystem into a Volume with lvm.thinPool',
    ],
  },
  {
    name: 'a thin pool in a thin pool',
    file: volume({
      lvm: '{volumeGroup: vg_data, size: 1Gi, type: ThinPool, thinPool: other}',
      filesystem: undefined,
      mount: undefined,
    }),
    says: ['bad.yaml:6:68: error: spec.lvm.thinPool: a thin pool cannot lie in a thin pool; leave out lvm.type, or lvm.thinPool'],
  },
  {
    name: 'a thin volume in itself',
    file: volume({ lvm: '{volumeGroup: vg_data, size: 1Gi, thinPool: bad}' }),
    says: [
      'bad.yaml:6:52: error: spec.lvm.thinPool: thinPool bad is this volume itself; make the pool a Volume of its own with lvm.type: ThinPool',
    ],
  },
  {
    name: 'a thin volume in a volume that is no pool',
    file: volume({ lvm: '{volumeGroup: vg_data, size: 1Gi, thinPool: data}' }),
    says: [
      'bad.yaml:6:52: error: spec.lvm.thinPool: thinPool data is Volume/data, which is no thin pool; make the pool a Volume of its own with lvm.type: ThinPool',
    ],
  },
  {
    name: 'a thin pool by a name that LVM keeps for itself',
    file: volume({ lvm: '{volumeGroup: vg_data, size: 1Gi, thinPool: pvmove1}' }),
    says: ['bad.yaml:6:52: error: spec.lvm.thinPool: thin pool name pvmove1 begins with a word that LVM reserves (snapshot, pvmove)'],
  },
  {
    name: 'stripes of a thin volume',
    file: volume({ lvm: '{volumeGroup: vg_data, size: 1Gi, thinPool: pool, stripes: 2}' }),
    says: [
      'bad.yaml:6:67: error: spec.lvm.stripes: stripes are for volumes with space of their own, not for thin ones; leave out lvm.stripes',
    ],
  },
  {
    name: 'stripes of a thin pool',
    file: volume({ lvm: '{volumeGroup: vg_data, size: 1Gi, type: ThinPool, stripes: 2}', filesystem: undefined, mount: undefined }),
    says: [
      'bad.yaml:6:67: error: spec.lvm.stripes: stripes are for volumes with space of their own, not for a thin pool; leave out lvm.stripes',
    ],
  },
  {
    name: 'one stripe',
    file: volume({ lvm: '{volumeGroup: vg_data, size: 1Gi, stripes: 1}' }),
    says: ['bad.yaml:6:51: error: spec.lvm.stripes: 1 is too small: at least 2'],
  },
  {
    name: 'a thin pool for more than it holds',
    file: `${volume({ lvm: '{volumeGroup: vg_data, size: 1Gi, type: ThinPool}', filesystem: undefined, mount: undefined })}---
${volume({ lvm: '{volumeGroup: vg_data, size: 2Gi, thinPool: bad}', mount: undefined }, '{name: inside}')}`,
    says: [
      'bad.yaml:6:37: warning: spec.lvm.size: the 1 volume(s) in this pool may grow to 2 GiB together, it has 1 GiB; when it is full, whoever writes to them hangs: make it larger, or act on the alert ThinPoolFilling',
    ],
    adds: ['Volume/bad', 'Volume/inside'],
  },
  {
    name: 'a volume group of a disk by its kernel name',
    file: volume({ lvm: '{volumeGroup: vg_new, size: 1Gi, createVolumeGroup: {devices: [/dev/sdb]}}' }),
    says: [
      'bad.yaml:6:71: error: spec.lvm.createVolumeGroup.devices[0]: /dev/sdb may be another disk after the next boot; name it as ls -l /dev/disk/by-id or /dev/disk/by-path shows it',
    ],
  },
  {
    name: 'a volume group of one disk twice',
    file: volume({ lvm: '{volumeGroup: vg_new, size: 1Gi, createVolumeGroup: {devices: [/dev/disk/by-id/a, /dev/disk/by-id/a]}}' }),
    says: ['bad.yaml:6:90: error: spec.lvm.createVolumeGroup.devices[1]: /dev/disk/by-id/a is listed twice'],
  },
  {
    name: 'a volume group of nothing',
    file: volume({ lvm: '{volumeGroup: vg_new, size: 1Gi, createVolumeGroup: {devices: []}}' }),
    says: ['bad.yaml:6:70: error: spec.lvm.createVolumeGroup.devices: the list is too short: at least 1 item'],
  },
  {
    name: 'a volume group of a file',
    file: volume({ lvm: '{volumeGroup: vg_new, size: 1Gi, createVolumeGroup: {devices: [/srv/disk.img]}}' }),
    says: [
      'bad.yaml:6:71: error: spec.lvm.createVolumeGroup.devices[0]: "/srv/disk.img" is not allowed here; Path below /dev/disk/by-id or /dev/disk/by-path, for example /dev/disk/by-id/md-uuid-8f0a2c1d',
    ],
  },
  {
    name: 'one disk for two volume groups',
    file: `${volume({ lvm: '{volumeGroup: vg_new, size: 1Gi, createVolumeGroup: {devices: [/dev/disk/by-id/a]}}' })}---
${volume({ lvm: '{volumeGroup: vg_two, size: 1Gi, createVolumeGroup: {devices: [/dev/disk/by-id/a]}}', mount: undefined }, '{name: two}')}`,
    says: [
      'bad.yaml:6:71: error: spec.lvm.createVolumeGroup.devices[0]: /dev/disk/by-id/a is given to volume group vg_two by Volume/two',
      'bad.yaml:15:71: error: spec.lvm.createVolumeGroup.devices[0]: /dev/disk/by-id/a is given to volume group vg_new by Volume/bad',
    ],
    // Each is right without the other: the one that is looked at first is kept.
  },
  {
    name: 'a volume group of other disks than elsewhere',
    file: `${volume({ lvm: '{volumeGroup: vg_new, size: 1Gi, createVolumeGroup: {devices: [/dev/disk/by-id/a]}}' })}---
${volume({ lvm: '{volumeGroup: vg_new, size: 1Gi, createVolumeGroup: {devices: [/dev/disk/by-id/b]}}', mount: undefined }, '{name: two}')}`,
    says: [
      'bad.yaml:6:70: error: spec.lvm.createVolumeGroup.devices: Volume/two makes volume group vg_new of other devices (/dev/disk/by-id/b); write the same devices in the same order, or leave it to one of them',
      'bad.yaml:15:70: error: spec.lvm.createVolumeGroup.devices: Volume/bad makes volume group vg_new of other devices (/dev/disk/by-id/a); write the same devices in the same order, or leave it to one of them',
    ],
    // Each is right without the other: the one that is looked at first is kept.
  },
  {
    name: 'neither a volume nor an image',
    file: volume({ lvm: undefined, filesystem: undefined, mount: undefined }),
    says: [
      'bad.yaml:4:1: error: spec: a volume needs lvm or image: neither is written; write lvm: {volumeGroup, size} for a logical volume, image: {path, size} for a disk of a virtual machine',
    ],
  },
  {
    name: 'a volume and an image at once',
    file: volume({ image: '{path: /srv/i.qcow2, size: 1Gi}' }),
    says: [
      'bad.yaml:4:1: error: spec: a volume is on lvm or is an image: both are written; write lvm: {volumeGroup, size} for a logical volume, image: {path, size} for a disk of a virtual machine',
    ],
  },
  {
    name: 'an image with a filesystem',
    file: volume({ lvm: undefined, mount: undefined, image: '{path: /srv/i.qcow2, size: 1Gi}' }),
    says: [
      'bad.yaml:6:15: error: spec.filesystem: what is inside an image is the matter of its virtual machine: filesystem is for lvm; leave out spec.filesystem',
    ],
  },
  {
    name: 'an image that is mounted',
    file: volume({ lvm: undefined, filesystem: undefined, image: '{path: /srv/i.qcow2, size: 1Gi}' }),
    says: [
      'bad.yaml:6:10: error: spec.mount: what is inside an image is the matter of its virtual machine: mount is for lvm; leave out spec.mount',
    ],
  },
  {
    name: 'an image in decimal units',
    file: volume({ lvm: undefined, filesystem: undefined, mount: undefined, image: '{path: /srv/i.qcow2, size: 10G}' }),
    says: ['bad.yaml:6:37: error: spec.image.size: write 10Gi (qemu-img counts in GiB; 10G would be 9.31 GiB)'],
  },
  {
    name: 'an image up a folder',
    file: volume({ lvm: undefined, filesystem: undefined, mount: undefined, image: '{path: /srv/../i.qcow2, size: 1Gi}' }),
    says: ['bad.yaml:6:17: error: spec.image.path: /srv/../i.qcow2 is not normalised: no empty part, no . and no .., no / at the end'],
  },
  {
    name: 'an image among the devices',
    file: volume({ lvm: undefined, filesystem: undefined, mount: undefined, image: '{path: /dev/shm/i.qcow2, size: 1Gi}' }),
    says: [
      'bad.yaml:6:17: error: spec.image.path: /dev/shm/i.qcow2 is no place for an image; choose a path such as /var/lib/libvirt/images/NAME.qcow2',
    ],
  },
  {
    name: 'an image by a relative path',
    file: volume({ lvm: undefined, filesystem: undefined, mount: undefined, image: '{path: i.qcow2, size: 1Gi}' }),
    says: [
      'bad.yaml:6:17: error: spec.image.path: "i.qcow2" is not allowed here; Absolute path of the file, for example /var/lib/libvirt/images/rtr01.qcow2; its folder must be there',
    ],
  },
  {
    name: 'an image that is a copy of itself',
    file: volume({
      lvm: undefined,
      filesystem: undefined,
      mount: undefined,
      image: '{path: /srv/i.qcow2, size: 1Gi, copyFrom: /srv/i.qcow2}',
    }),
    says: ['bad.yaml:6:52: error: spec.image.copyFrom: /srv/i.qcow2 is the image itself'],
  },
  {
    name: 'an image that is a copy and lies over another one',
    file: volume({
      lvm: undefined,
      filesystem: undefined,
      mount: undefined,
      image: '{path: /srv/i.qcow2, size: 1Gi, copyFrom: /srv/a.qcow2, backingFile: /srv/b.qcow2}',
    }),
    says: [
      'bad.yaml:6:79: error: spec.image.backingFile: an image is a copy or lies over another one: copyFrom and backingFile are both written; leave one of them out',
    ],
  },
  {
    name: 'an image in space of an unknown sort',
    file: volume({ lvm: undefined, filesystem: undefined, mount: undefined, image: '{path: /srv/i.qcow2, size: 1Gi, preallocation: on}' }),
    says: ['bad.yaml:6:57: error: spec.image.preallocation: must be one of off, metadata, falloc, full, not the text "on"'],
  },
  {
    name: 'an image of another format',
    file: volume({ lvm: undefined, filesystem: undefined, mount: undefined, image: '{path: /srv/i.qcow2, size: 1Gi, format: raw}' }),
    says: [
      'bad.yaml:6:42: error: spec.image.format: unknown field "format"; the fields here are path, size, copyFrom, backingFile, customize, preallocation, owner, mode',
    ],
  },
  {
    name: 'files into a new image',
    file: image('size: 1Gi, customize: {files: [{path: /etc/hostname, content: web01}]}'),
    says: [
      'bad.yaml:6:53: error: spec.image.customize: a new image is empty: there is no filesystem to write files into; begin it with copyFrom or backingFile',
    ],
  },
  {
    name: 'files below an image that others lie over',
    file: `${image('size: 1Gi, copyFrom: /srv/a.qcow2, customize: {files: [{path: /etc/hostname, content: web01}]}')}---
${volume({ lvm: undefined, filesystem: undefined, mount: undefined, image: '{path: /srv/top.qcow2, size: 1Gi, backingFile: /srv/i.qcow2}' }, '{name: top}')}`,
    says: [
      'bad.yaml:6:77: error: spec.image.customize: Volume/top lies over this image, which must not change below it; write the files into Volume/top',
      'bad.yaml:13:57: warning: spec.image.backingFile: /srv/i.qcow2 is the disk of Volume/bad: what its machine writes would damage all images that lie over it; no machine may run on it; or take copyFrom',
    ],
    adds: ['Volume/top'],
  },
  {
    name: 'a file up a folder of an image',
    file: image('size: 1Gi, copyFrom: /srv/a.qcow2, customize: {files: [{path: /etc/../x, content: web01}]}'),
    says: ['bad.yaml:6:93: error: spec.image.customize.files[0].path: /etc/../x is no plain path inside an image; leave . and .. out'],
  },
  {
    name: 'a file of an image with a blank in its path',
    file: image('size: 1Gi, copyFrom: /srv/a.qcow2, customize: {files: [{path: "/etc/a b", content: web01}]}'),
    says: [
      'bad.yaml:6:93: error: spec.image.customize.files[0].path: "/etc/a b" is not allowed here; Absolute path as the machine sees it, of letters, digits, _ + @ % = , : - and dots; none of its folders may be a symbolic link in the image',
    ],
  },
  {
    name: 'one file of an image twice',
    file: image('size: 1Gi, copyFrom: /srv/a.qcow2, customize: {files: [{path: /a, content: x}, {path: /a, content: y}]}'),
    says: ['bad.yaml:6:117: error: spec.image.customize.files[1].path: /a is written twice into one image'],
  },
  {
    name: 'a file of an image with control characters',
    file: image('size: 1Gi, copyFrom: /srv/a.qcow2, customize: {files: [{path: /a, content: "\\x01"}]}'),
    says: ['bad.yaml:6:106: error: spec.image.customize.files[0].content: control character U+0001 is not allowed; delete it'],
  },
  {
    name: 'a file of an image owned by a name',
    file: image('size: 1Gi, copyFrom: /srv/a.qcow2, customize: {files: [{path: /a, content: x, owner: "root:root"}]}'),
    says: [
      'bad.yaml:6:116: error: spec.image.customize.files[0].owner: "root:root" is not allowed here; User and group by their numbers in the image, for example "1000:1000"',
    ],
  },
  {
    name: 'no file for an image',
    file: image('size: 1Gi, copyFrom: /srv/a.qcow2, customize: {files: []}'),
    says: ['bad.yaml:6:85: error: spec.image.customize.files: the list is too short: at least 1 item'],
  },
  {
    name: 'a partition of an image beyond all',
    file: image('size: 1Gi, copyFrom: /srv/a.qcow2, customize: {partition: 129, files: [{path: /a, content: x}]}'),
    says: ['bad.yaml:6:89: error: spec.image.customize.partition: 129 is too large: at most 128'],
  },
  {
    name: 'commands inside an image',
    file: image('size: 1Gi, copyFrom: /srv/a.qcow2, customize: {files: [{path: /a, content: x}], commands: [[systemctl, enable, x]]}'),
    says: ['bad.yaml:6:111: error: spec.image.customize.commands: unknown field "commands"; the fields here are partition, files'],
  },
  {
    name: 'an image that is deleted',
    file: volume({
      lvm: undefined,
      filesystem: undefined,
      mount: undefined,
      image: '{path: /srv/i.qcow2, size: 1Gi}',
      deletionPolicy: 'Delete',
    }),
    says: [
      'bad.yaml:7:19: error: spec.deletionPolicy: an image stays where its manifest goes: Delete is for lvm; leave it out; remove the file by hand',
    ],
  },
  {
    name: 'an image with days in the trash',
    file: volume({ lvm: undefined, filesystem: undefined, mount: undefined, image: '{path: /srv/i.qcow2, size: 1Gi}', trashDays: '3' }),
    says: ['bad.yaml:7:14: error: spec.trashDays: an image is never put into the trash: trashDays is for lvm; leave out spec.trashDays'],
  },
  {
    name: 'an image over the disk of a machine',
    file: `${volume({ lvm: undefined, filesystem: undefined, mount: undefined, image: '{path: /srv/i.qcow2, size: 1Gi, backingFile: /srv/base.qcow2}' })}---
${volume({ lvm: undefined, filesystem: undefined, mount: undefined, image: '{path: /srv/base.qcow2, size: 1Gi}' }, '{name: base}')}`,
    says: [
      'bad.yaml:6:55: warning: spec.image.backingFile: /srv/base.qcow2 is the disk of Volume/base: what its machine writes would damage all images that lie over it; no machine may run on it; or take copyFrom',
    ],
    adds: ['Volume/bad', 'Volume/base'],
  },
  {
    name: 'one path of two images',
    file: `${volume({ lvm: undefined, filesystem: undefined, mount: undefined, image: '{path: /srv/i.qcow2, size: 1Gi}' })}---
${volume({ lvm: undefined, filesystem: undefined, mount: undefined, image: '{path: /srv/i.qcow2, size: 1Gi}' }, '{name: two}')}`,
    says: [
      'bad.yaml:6:17: error: spec.image.path: "/srv/i.qcow2" is already taken by Volume/two (bad.yaml:13:17); it must be unique: image on he1',
      'bad.yaml:13:17: error: spec.image.path: "/srv/i.qcow2" is already taken by Volume/bad (bad.yaml:6:17); it must be unique: image on he1',
    ],
  },
  {
    name: 'a trash that is emptied at once',
    file: volume({ trashDays: '0' }),
    says: ['bad.yaml:9:14: error: spec.trashDays: 0 is too small: at least 1'],
  },
  {
    name: 'a device',
    file: volume({ device: '{path: /dev/sda}' }),
    says: [
      'bad.yaml:9:3: error: spec.device: unknown field "device"; the fields here are hypervisor, lvm, image, filesystem, mount, growPolicy, deletionPolicy, trashDays, driftPolicy, suspend, adopt',
    ],
  },
  {
    name: 'force',
    file: volume({ filesystem: '{type: ext4, force: true}' }),
    says: ['bad.yaml:7:28: error: spec.filesystem.force: unknown field "force"; the fields here are type, label'],
  },
  {
    name: 'an unmount of a container',
    file: container({ deletionPolicy: 'Unmount' }),
    says: ['bad.yaml:8:19: error: spec.deletionPolicy: must be one of Retain, Delete, not the text "Unmount"'],
  },
]
