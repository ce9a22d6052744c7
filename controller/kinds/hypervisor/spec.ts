// Generated from crds/hypervisor.yaml by `npm run generate`. Do not edit.
import type { SystemSpec } from '../../system/spec.ts'

/**
 * How it is reached, and what it must hold.
 */
export interface HypervisorSpec {
  /**
   * IP address or DNS name by which the controller reaches it, without a port. Impact: none; the new one is used from the next connection on.
   */
  address: string
  /**
   * Ports by which the controller reaches its sshd, tried in order. Default 22. Impact: none.
   *
   * @minItems 1
   * @maxItems 4
   *
   * Items: A TCP port.
   */
  ports?: number[]
  /**
   * Port on which its sshd itself listens, where ports lead to it through a port forward. The guard of Firewall against locking Reeve out asks for this one. Default the ports themselves. Impact: none.
   */
  sshdPort?: number
  /**
   * User to log in as, small letters, digits, - and _. Default root. Impact: none.
   */
  user?: string
  /**
   * How that user becomes root; Sudo must need no password. Default None for root, else Sudo. Impact: none.
   */
  become?: 'None' | 'Sudo'
  /**
   * Its public host keys, pinned; `reeve hostkey ADDRESS` prints what it offers, for a person to check. Impact: none; a machine that shows another key is refused.
   *
   * @minItems 1
   * @maxItems 16
   *
   * Items: One key as known_hosts has it after the name, type and base64.
   */
  hostKeys: string[]
  /**
   * Name of the key in reeve.yaml to log in with, never its path. Default default. Impact: none.
   */
  identity?: string
  /**
   * Name of another Hypervisor, or of a host of reeve.yaml, that the connection goes through. Default direct. Impact: none.
   */
  jump?: string
  /**
   * What the machine itself must hold. Default nothing. Impact: none.
   */
  system?: {
    /**
     * Linux bridges for containers. Default none. Impact: none for a new one; outage, withheld outside restarts or window, where one goes.
     *
     * @maxItems 64
     *
     * Items: A bridge, made now and at each boot by a unit of its own.
     */
    bridges?: {
      /**
       * Name of the interface, a letter and then letters, digits, - _ and dots.
       */
      name: string
      /**
       * Addresses of the hypervisor on it, with prefix length, for example 192.168.1.1/24. All of them; another one found on the bridge is drift. Default none. Impact: none for a new one; outage where one goes.
       *
       * @maxItems 16
       *
       * Items: Address with prefix length, for example 192.168.1.1/24.
       */
      addresses?: string[]
      /**
       * Interfaces of the machine that are plugged into it. Fixed addresses that one has must be in addresses: they and its routes move to the bridge, which is kept only once Reeve came in anew. Default none. Impact: none for one without addresses; outage for one that has them, or that goes.
       *
       * @maxItems 16
       *
       * Items: Name of an interface.
       */
      ports?: string[]
    }[]
    /**
     * File systems that are there already, mounted now and at each boot by a unit of systemd; /etc/fstab stays as it is. What Reeve makes itself is a Volume. Default none. Impact: none for a new one; outage, withheld outside restarts or window, where one goes.
     *
     * @maxItems 64
     *
     * Items: A file system, and exactly one of device, nfs, bind and tmpfs.
     */
    mounts?: {
      /**
       * Where it is mounted; made where it is missing, and refused while files are in it. Impact: outage, the old place is unmounted.
       */
      path: string
      /**
       * A device with a file system on it, by UUID=, LABEL=, PARTUUID= or its path in /dev. Impact: restart, it is unmounted and mounted.
       */
      device?: string
      /**
       * What an NFS server exports, as SERVER:/PATH; nfs-common is installed for it. Impact: restart, it is unmounted and mounted.
       */
      nfs?: string
      /**
       * A folder of the machine that is shown there too. Impact: restart, it is unmounted and mounted.
       */
      bind?: string
      /**
       * In memory, gone at each boot; its greatest size, such as 512Mi. Impact: reload, files in it stay.
       */
      tmpfs?: string
      /**
       * Type of the file system on a device, such as ext4. Default what is found there. Impact: restart, it is unmounted and mounted.
       */
      type?: string
      /**
       * Options of mount(8), such as ro, noatime, nosuid or vers=4.2. Default those of mount(8). Impact: reload, it is mounted anew in place.
       *
       * @maxItems 32
       *
       * Items: One option, small letters first.
       */
      options?: string[]
    }[]
    /**
     * Its own name, short or with its domain; also a line of /etc/hosts at 127.0.1.1. Default as it is. Impact: none; daemons that run keep the old one until their restart.
     */
    hostname?: string
    /**
     * Kernel modules that are loaded, now and at each boot. They stay loaded when they leave this list. Default none. Impact: none.
     *
     * @maxItems 100
     *
     * Items: Name of a module, as modprobe(8) knows it.
     */
    modules?: string[]
    /**
     * Keeps the clock right by systemd-timesyncd, which takes the place of another time daemon. Default as it is. Impact: none.
     */
    timeSync?: {
      /**
       * Time servers, by name or address. Default those of the distribution. Impact: none.
       *
       * @maxItems 8
       *
       * Items: A host name or an IP address.
       */
      servers?: string[]
    }
  } & SystemSpec
  /**
   * Correct repairs drift; Report shows and mails it. Default Correct. Impact: none.
   */
  driftPolicy?: 'Correct' | 'Report'
  /**
   * Leaves everything of this manifest alone, with a reason, for a while. Impact: none.
   */
  suspend?: {
    /**
     * Why, for people. Impact: none.
     */
    reason: string
    /**
     * When it ends by itself (RFC 3339). Impact: none.
     */
    until?: string
  }
  /**
   * When restarts and outages are allowed. Impact: none.
   */
  maintenanceWindow?: {
    /**
     * Start of the window, five fields of crontab(5). Impact: none.
     */
    cron: string
    /**
     * Length of the window, for example 2h. Impact: none.
     */
    duration: string
    /**
     * Time zone of cron, for example Europe/Berlin. Default UTC. Impact: none.
     */
    timeZone?: string
  }
  /**
   * Whether a change may restart or interrupt what runs. Default InWindow with a maintenanceWindow, else Never. Impact: none.
   */
  restarts?: 'Never' | 'InWindow' | 'Always'
  /**
   * When a part of system leaves the manifest, Delete removes what Reeve made of it (packages stay) and Retain leaves it. Default Delete. Impact: none.
   */
  deletionPolicy?: 'Retain' | 'Delete'
  /**
   * What exists and is not Reeve's is taken over if equal (IfEqual), also if different (Replace), or never (Never). Default IfEqual. Impact: none.
   */
  adopt?: 'IfEqual' | 'Replace' | 'Never'
}

declare module '../../model/fleet.ts' {
  interface KindSpecs {
    Hypervisor: HypervisorSpec
  }
}
