// Generated from crds/smartcheck.yaml by `npm run generate`. Do not edit.

/**
 * Which disks are watched, and how. Impact: reload of smartd.
 */
export interface SmartCheckSpec {
  /**
   * The hypervisor whose disks they are; one SmartCheck each. Impact: the old host's file is put back.
   */
  target: {
    /**
     * Name of the Hypervisor.
     */
    hypervisor: string
  }
  /**
   * The disks that must be there, each by its own name, in the order in which their long tests are staggered.
   *
   * @minItems 1
   * @maxItems 64
   *
   * Items: One disk, by id or by path.
   */
  devices: {
    /**
     * Its name in /dev/disk/by-id, which holds model and serial number, for example ata-HGST_HUS724020ALA640_PN2181P6J4AP5P.
     */
    id?: string
    /**
     * Its device, for example /dev/sda, where it has no name in /dev/disk/by-id (behind a RAID controller). Kernel names move; prefer id.
     */
    path?: string
    /**
     * How it is spoken to, option -d of smartctl(8), for example sat, nvme, scsi or megaraid,0. Default auto.
     */
    type?: string
  }[]
  /**
   * When the disks test themselves, by the hypervisor's clock. Absent, they are only watched.
   */
  schedule?: {
    /**
     * The short test (minutes), each day or on one day of the week.
     */
    short?: {
      /**
       * Hour of the day, 0 to 23.
       */
      hour: number
      /**
       * Only on this day, Mon to Sun. Default each day.
       */
      weekday?: 'Mon' | 'Tue' | 'Wed' | 'Thu' | 'Fri' | 'Sat' | 'Sun'
    }
    /**
     * The long test (hours), each week or each month.
     */
    long?: {
      /**
       * Hour of the day, 0 to 23.
       */
      hour: number
      /**
       * Day of the week, Mon to Sun. Either this or dayOfMonth.
       */
      weekday?: 'Mon' | 'Tue' | 'Wed' | 'Thu' | 'Fri' | 'Sat' | 'Sun'
      /**
       * Day of the month, 1 to 28. Either this or weekday.
       */
      dayOfMonth?: number
    }
    /**
     * By how much each disk's long test is later than that of the disk before it, whole hours such as 2h, so that not all disks of an array are slow at once. Default 1h; 0h is all at once.
     */
    stagger?: string
    /**
     * Instead of all others, the regular expression of smartd.conf(5) as T/MM/DD/d/HH, for example (S/../.././02|L/../../6/03). Digits, dots, [ ], | and ( ) only.
     */
    pattern?: string
  }
  /**
   * Lets ATA disks collect data by themselves every four hours (smartd's -o on). Default true.
   */
  offlineCollection?: boolean
  /**
   * Lets disks keep their counters over a power cut (smartd's -S on). Default true.
   */
  attributeAutosave?: boolean
  /**
   * Skip leaves a disk asleep that is in standby; Wake asks it nevertheless. Default Skip.
   */
  standby?: 'Skip' | 'Wake'
  /**
   * Degrees Celsius for smartd's log and warnings (-W), and for Healthy.
   */
  temperature?: {
    /**
     * A change by so much is logged; 0 logs none. Default 4.
     */
    difference?: number
    /**
     * From here on it is logged. Default 45 (NVMe 60).
     */
    info?: number
    /**
     * From here on smartd warns, and the disk is not healthy. Default 60 (NVMe 75).
     */
    critical?: number
  }
  /**
   * From which count on a disk is about to fail, though it does not say so itself. 0 never. Impact: none.
   */
  thresholds?: {
    /**
     * Sectors replaced by spares (attribute 5; a SCSI disk's grown defects). Default 1.
     */
    reallocated?: number
    /**
     * Sectors that could not be read and wait to be written (attribute 197). Default 1.
     */
    pending?: number
    /**
     * Errors that could not be corrected (attributes 187 and 198; a SCSI disk's error counters). Default 1.
     */
    uncorrectable?: number
    /**
     * Per cent of an NVMe disk's rated writes that are used up. Default 80.
     */
    percentageUsed?: number
    /**
     * Errors of media or data integrity of an NVMe disk. Default 1.
     */
    mediaErrors?: number
  }
  /**
   * Whom smartd itself mails, from the hypervisor, beside Reeve's own alerts. Absent, nobody.
   */
  notify?: {
    /**
     * Addresses (-m); a bare name such as root is delivered as the hypervisor's mailer does.
     *
     * @minItems 1
     * @maxItems 10
     *
     * Items: An address, for example user@example.org, or root.
     */
    mail: string[]
    /**
     * Program that is run with the warning (-M exec), for example /usr/share/smartmontools/smartd-runner. Default smartd's own script, which runs mail(1).
     */
    exec?: string
    /**
     * A word of your own, such as a date. Whenever it changes, one test mail that names the disks goes by the way that a warning of smartd goes; where that is refused, the manifest says why. Default none. Impact: none.
     */
    test?: string
  }
  /**
   * How often Reeve asks the disks itself, 5m to 1d. Default 30m. Impact: none.
   */
  interval?: string
  /**
   * Which disks that are there and not among devices are told of as new, by their names in /dev/disk/by-id; * stands for any letters, ? for one. Default all. Impact: none.
   */
  discover?: {
    /**
     * Only these. Default all. Impact: none.
     *
     * @minItems 1
     * @maxItems 32
     *
     * Items: A name, or a pattern with * and ?.
     */
    include?: string[]
    /**
     * None of these, such as usb-*. Default none. Impact: none.
     *
     * @maxItems 32
     *
     * Items: A name, or a pattern with * and ?.
     */
    exclude?: string[]
  }
  /**
   * Report tells of a disk that is there and not among devices; Ignore does not. Default Report. Impact: none.
   */
  unlisted?: 'Report' | 'Ignore'
  /**
   * True lets smartd run although this hypervisor is itself a virtual machine (disks or controllers passed through to it); Debian's unit does not start there. Default false.
   */
  passthrough?: boolean
  /**
   * When the manifest goes, Delete puts the smartd.conf of before back (the package stays) and Retain leaves all as it is. Default Delete. Impact: none.
   */
  deletionPolicy?: 'Retain' | 'Delete'
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
    SmartCheck: SmartCheckSpec
  }
}
