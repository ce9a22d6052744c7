// Generated from crds/volume.yaml by `npm run generate`. Do not edit.

/**
 * What the volume must be.
 */
export interface VolumeSpec {
  /**
   * Name of the Hypervisor that holds it. A change makes another volume there; the old one stays as deletionPolicy says. Impact: none.
   */
  hypervisor: string
  /**
   * The logical volume (lvm(8)). A change of group or name makes another volume; the old one stays as deletionPolicy says. Impact: none.
   */
  lvm?: {
    /**
     * Volume group on the hypervisor; it must exist, or be made by createVolumeGroup. A change makes another volume. Impact: none.
     */
    volumeGroup: string
    /**
     * Name of the logical volume, letters, digits, + - _ and dots (lvm(8)). Default metadata.name. A change makes another volume. Impact: none.
     */
    name?: string
    /**
     * Size in bytes or with Ki, Mi, Gi, Ti, for example 10Gi, rounded up to whole extents. A larger one grows volume and filesystem, live; a smaller one is refused. Impact: none.
     */
    size: string
    /**
     * Volume holds data; ThinPool holds thin volumes of other manifests, which name it in thinPool, and nothing else. Default Volume. Impact: refused.
     */
    type?: 'Volume' | 'ThinPool'
    /**
     * Number of devices of the group that the data is spread over, for speed. Absent, one after another, or as it is. Impact: refused.
     */
    stripes?: number
    /**
     * Thin pool of the same group that the volume takes its space from as it is written; the pool may be smaller than its volumes together, and is watched. Absent, space of its own, or as it is. Impact: refused.
     */
    thinPool?: string
    /**
     * Makes the volume group where none of that name is there. Without it a missing group is an error. A group that stands is never changed by it, nor removed. Impact: none.
     */
    createVolumeGroup?: {
      /**
       * Whole disks, arrays or partitions, by names that stay the same from boot to boot. Each must be proven blank: no signature, no partition, unused, zeros at both ends. Impact: none.
       *
       * @minItems 1
       * @maxItems 64
       *
       * Items: Path below /dev/disk/by-id or /dev/disk/by-path, for example /dev/disk/by-id/md-uuid-8f0a2c1d.
       */
      devices: string[]
    }
  }
  /**
   * In place of lvm, the disk of a virtual machine in a file (qcow2, qemu-img(1)). Made once, from nothing or from another one, then only grown; never overwritten or removed. The hypervisor needs qemu-utils. Impact: none.
   */
  image?: {
    /**
     * Absolute path of the file, for example /var/lib/libvirt/images/rtr01.qcow2; its folder must be there. A change makes another image; the old one stays. Impact: none.
     */
    path: string
    /**
     * Size that the virtual machine sees, in bytes or with Ki, Mi, Gi, Ti. A larger one grows the image, if no virtual machine has it open; a smaller one is refused. Impact: none.
     */
    size: string
    /**
     * Absolute path of a qcow2 on the hypervisor that it begins as a copy of, and then stands alone. Read once. Impact: none.
     */
    copyFrom?: string
    /**
     * Absolute path of a qcow2 on the hypervisor that is read wherever this image has nothing of its own; it must then never be written to again. Impact: refused.
     */
    backingFile?: string
    /**
     * Files written into the filesystem of a copy or of an image over another one, from outside: into a new image before it has its name, into one that stands while nobody has it open, by a copy beside that takes its place. Done once for each change here; what the machine writes later stays. Needs room for the disk twice. Default none. Impact: none; refused while the image is open.
     */
    customize?: {
      /**
       * Number of the partition that holds the filesystem (ext2, ext3, ext4, xfs or btrfs); 0 where the image has no partition table. Default 1. Impact: none.
       */
      partition?: number
      /**
       * The files, whole; their folders are made where they are missing, root’s and 0755. Commands are refused: a guest’s programs would run as root of the hypervisor; a file can hold a unit that runs once inside. Impact: none.
       *
       * @minItems 1
       * @maxItems 100
       *
       * Items: A regular file.
       */
      files: {
        /**
         * Absolute path as the machine sees it, of letters, digits, _ + @ % = , : - and dots; none of its folders may be a symbolic link in the image.
         */
        path: string
        /**
         * All of its text. Impact: none.
         */
        content: string
        /**
         * Permissions, four octal digits in quotes, for example "0600". Default 0644. Impact: none.
         */
        mode?: string
        /**
         * User and group by their numbers in the image, for example "1000:1000". Default 0:0. Impact: none.
         */
        owner?: string
      }[]
    }
    /**
     * What of its space is taken at once when it is made (qemu-img(1)). Default off. Impact: none.
     */
    preallocation?: 'off' | 'metadata' | 'falloc' | 'full'
    /**
     * Owner and group of the file by name, for example libvirt-qemu:kvm. Absent, they are left alone; libvirt changes them while a machine runs. Impact: none.
     */
    owner?: string
    /**
     * Mode of the file, four octal digits. Absent, it is left alone, and 0600 where it is made. Impact: none.
     */
    mode?: string
  }
  /**
   * Filesystem on the volume, or swap, made on a volume that Reeve itself created and never on anything else. Absent, the volume stays raw, for a database or a virtual machine. Impact: none.
   */
  filesystem?: {
    /**
     * ext4 where nothing speaks for another. swap is taken into use now and, by a line of /etc/fstab, at boot. What a volume already holds is never made anew. Impact: refused.
     */
    type: 'ext2' | 'ext3' | 'ext4' | 'xfs' | 'btrfs' | 'swap'
    /**
     * Label of the filesystem, at most 16 characters on ext, 15 on swap, 12 on xfs, 255 on btrfs. Absent, none is set and any is left. A change is live, and refused on xfs (xfs_admin, unmounted, by hand). Impact: none.
     */
    label?: string
  }
  /**
   * Where it is mounted, now and at boot, by one line of /etc/fstab that is always nofail. Absent, it is not mounted by Reeve. Impact: none.
   */
  mount?: {
    /**
     * Absolute path of the mount point, for example /srv/data, made where it is missing; must be empty until it is mounted. Another path is refused until the volume is unmounted by hand. Impact: refused.
     */
    path: string
    /**
     * Options of mount(8), one per entry. Default [defaults]. A change remounts; between ro and writing it is refused. Impact: reload.
     *
     * @maxItems 64
     *
     * Items: One option, with its value, for example noatime or x-systemd.device-timeout=10s.
     */
    options?: string[]
    /**
     * Fifth field of fstab(5), for dump(8). Default 0. Impact: none.
     */
    dump?: number
    /**
     * Sixth field of fstab(5), the order of checks at boot; 0 is never. Default 2, and 0 on xfs and btrfs. Impact: none.
     */
    pass?: number
    /**
     * Owner and group of the mounted directory by name, for example root:root. Absent, they are left alone. Impact: none.
     */
    owner?: string
    /**
     * Mode of the mounted directory, four octal digits. Absent, it is left alone. Impact: none.
     */
    mode?: string
  }
  /**
   * Automatic grows volume and filesystem to a larger size; Manual reports the difference and leaves it to people. Default Automatic. Impact: none.
   */
  growPolicy?: 'Automatic' | 'Manual'
  /**
   * When the manifest goes, Retain leaves everything as it is without Reeve's marks; Unmount unmounts it and removes its line of fstab; Delete also puts the volume into the trash (reeve-trash-NAME-ID), from where it comes back with its manifest, and removes it after trashDays. Default Retain. Impact: none.
   */
  deletionPolicy?: 'Retain' | 'Unmount' | 'Delete'
  /**
   * Days that the volume stays in the trash under deletionPolicy Delete before it is removed for good. Default 7. Impact: none.
   */
  trashDays?: number
  /**
   * Correct repairs drift; Report shows and mails it. Default Correct. Impact: none.
   */
  driftPolicy?: 'Correct' | 'Report'
  /**
   * Leaves everything of this manifest alone, with a reason, for a while. Impact: none.
   */
  suspend?: {
    /**
     * Why, for people.
     */
    reason: string
    /**
     * When it ends by itself (RFC 3339).
     */
    until?: string
  }
  /**
   * What exists and is not Reeve's is taken over if equal (IfEqual), also if different (Replace), or never (Never). Default IfEqual. Impact: none.
   */
  adopt?: 'IfEqual' | 'Replace' | 'Never'
}

declare module '../../model/fleet.ts' {
  interface KindSpecs {
    Volume: VolumeSpec
  }
}
