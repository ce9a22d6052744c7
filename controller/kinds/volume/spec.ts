// Generated from crds/volume.yaml by `npm run generate`. Do not edit.

/**
 * What the volume must be.
 */
export interface VolumeSpec {
  /**
   * Name of the Hypervisor that holds it. Immutable once the volume exists.
   */
  hypervisor: string
  /**
   * The logical volume (lvm(8)). A change of group or name makes another volume; the old one stays as deletionPolicy says.
   */
  lvm: {
    /**
     * Volume group on the hypervisor; it must exist.
     */
    volumeGroup: string
    /**
     * Name of the logical volume, letters, digits, + - _ and dots (lvm(8)). Default metadata.name.
     */
    name?: string
    /**
     * Size in bytes or with Ki, Mi, Gi, Ti, for example 10Gi, rounded up to whole extents. Can only grow.
     */
    size: string
  }
  /**
   * Filesystem on the volume, made on a volume that Reeve itself created and never on anything else. Absent, the volume stays raw, for a database or a virtual machine.
   */
  filesystem?: {
    /**
     * ext4 where nothing speaks for another. Immutable once made.
     */
    type: 'ext2' | 'ext3' | 'ext4' | 'xfs'
    /**
     * Label of the filesystem, at most 16 characters on ext and 12 on xfs. Absent, none is set and any is left.
     */
    label?: string
  }
  /**
   * Where it is mounted, now and at boot, by one line of /etc/fstab that is always nofail. Absent, it is not mounted by Reeve.
   */
  mount?: {
    /**
     * Absolute path of the mount point, for example /srv/data, made where it is missing; must be empty until it is mounted.
     */
    path: string
    /**
     * Options of mount(8), one per entry. Default [defaults].
     *
     * @maxItems 64
     *
     * Items: One option, with its value, for example noatime or x-systemd.device-timeout=10s.
     */
    options?: string[]
    /**
     * Fifth field of fstab(5), for dump(8). Default 0.
     */
    dump?: number
    /**
     * Sixth field of fstab(5), the order of checks at boot; 0 is never. Default 2, and 0 on xfs.
     */
    pass?: number
    /**
     * Owner and group of the mounted directory by name, for example root:root. Absent, they are left alone.
     */
    owner?: string
    /**
     * Mode of the mounted directory, four octal digits. Absent, it is left alone.
     */
    mode?: string
  }
  /**
   * Automatic grows volume and filesystem to a larger size; Manual reports the difference and leaves it to people. Default Automatic.
   */
  growPolicy?: 'Automatic' | 'Manual'
  /**
   * When the manifest goes, Retain leaves everything as it is without Reeve's marks; Unmount unmounts it and removes its line of fstab; Delete also renames the volume to reeve-trash-NAME-DATE. Default Retain.
   */
  deletionPolicy?: 'Retain' | 'Unmount' | 'Delete'
  /**
   * Correct repairs drift; Report shows and mails it. Default Correct.
   */
  driftPolicy?: 'Correct' | 'Report'
  /**
   * Leaves everything of this manifest alone, with a reason, for a while.
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
   * What exists and is not Reeve's is taken over if equal (IfEqual), also if different (Replace), or never (Never). Default IfEqual.
   */
  adopt?: 'IfEqual' | 'Replace' | 'Never'
}

declare module '../../model/fleet.ts' {
  interface KindSpecs {
    Volume: VolumeSpec
  }
}
