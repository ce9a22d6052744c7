// Generated from crds/container.yaml by `npm run generate`. Do not edit.
import type { SystemSpec } from '../../system/spec.ts'

/**
 * What the container must be.
 */
export interface ContainerSpec {
  /**
   * Name of the Hypervisor that it lives on. Impact: refused once it exists, since its data is on the old one.
   */
  hypervisor: string
  /**
   * What runs it. Default lxc. Impact: refused once it exists.
   */
  provider?: 'lxc' | 'openvz'
  /**
   * Wanted running state; frozen stops every process where it is, unmanaged leaves the state alone. Default running. Impact: none to start or thaw; outage to stop or freeze, withheld outside restarts/window.
   */
  state?: 'running' | 'stopped' | 'frozen' | 'unmanaged'
  /**
   * Host name inside (hostname(7), at most 64 characters). Default metadata.name. Impact: restart, withheld outside restarts/window.
   */
  hostname?: string
  /**
   * What only the provider lxc knows; read with that provider alone. Impact: that of each field.
   */
  lxc?: {
    /**
     * LXC's own name of the container, its folder under /var/lib/lxc; unique per hypervisor. Default metadata.name. Impact: another container; the old one is retired, outage.
     */
    name?: string
    /**
     * User and group ids of the hypervisor that an unprivileged container gets, written into /etc/subuid and /etc/subgid for root. Default base 100000, size 65536. Impact: refused once it exists.
     */
    idmap?: {
      /**
       * Id on the hypervisor that is 0 inside. Impact: refused once it exists.
       */
      base: number
      /**
       * How many ids there are inside. Default 65536. Impact: refused once it exists.
       */
      size?: number
    }
  }
  /**
   * What only the provider openvz knows (vzctl 4.x); read with that provider alone. Impact: that of each field.
   */
  openvz?: {
    /**
     * Number of the container, unique per hypervisor; those up to 100 are OpenVZ's own. Required. Impact: another container; the old one is retired, outage.
     */
    ctid: number
    /**
     * Name in the template cache, without its ending; vzctl takes the distribution from its first words, as in debian-12-x86_64. Default the file name of template.path; with template type none, no template. Impact: refused once it exists.
     */
    ostemplate?: string
    /**
     * Configuration sample that it is made from, for example basic for /etc/vz/conf/ve-basic.conf-sample. Default CONFIGFILE of vz.conf. Impact: none once it exists.
     */
    config?: string
    /**
     * Makes the sample that config names, a copy of another one with parameters of its own. Default none: it must be there. Impact: none; containers that exist keep what they have.
     */
    configSample?: {
      /**
       * Sample that it is a copy of, for example basic. Required. Impact: none.
       */
      from: string
      /**
       * Parameters of ctid.conf(5) and their values; $VEID stands for the CTID. Default none. Impact: none.
       */
      set?: {
        /**
         * Value of a parameter, of letters, digits, blanks and _ . / : , @ % + = -.
         */
        [k: string]: string | undefined
      }
    }
    /**
     * Addresses on venet, which the hypervisor routes; interfaces on bridges stand in network. Default none. Impact: none.
     *
     * @maxItems 64
     *
     * Items: IPv4 or IPv6 address, also with a prefix length.
     */
    ips?: string[]
    /**
     * Disk quota, soft:hard, in bytes or with Ki, Mi, Gi, for example "8Gi:9Gi"; one for both. Default as the sample says. Impact: none.
     */
    diskspace?: string
    /**
     * Quota of files and folders, soft:hard, for example "200000:220000"; one for both. Default as the sample says. Impact: none.
     */
    diskinodes?: string
    /**
     * User beancounters, barrier:limit or one number for both, in items, pages of 4096 bytes, or bytes as vzctl(8) counts them; unlimited is a number too. What is absent stays as it is. Default as the sample says. Impact: none.
     */
    ubc?: {
      /**
       * Memory of the kernel, bytes. Default as the sample says. Impact: none.
       */
      kmemsize?: number | string
      /**
       * Send buffers of TCP, bytes. Default as the sample says. Impact: none.
       */
      tcpsndbuf?: number | string
      /**
       * Receive buffers of TCP, bytes. Default as the sample says. Impact: none.
       */
      tcprcvbuf?: number | string
      /**
       * Send buffers of other sockets, bytes. Default as the sample says. Impact: none.
       */
      othersockbuf?: number | string
      /**
       * Receive buffers of datagrams, bytes. Default as the sample says. Impact: none.
       */
      dgramrcvbuf?: number | string
      /**
       * Caches of names and inodes, bytes. Default as the sample says. Impact: none.
       */
      dcachesize?: number | string
      /**
       * Pages locked in memory. Default as the sample says. Impact: none.
       */
      lockedpages?: number | string
      /**
       * Pages that may be allocated. Default as the sample says. Impact: none.
       */
      privvmpages?: number | string
      /**
       * Pages of shared memory. Default as the sample says. Impact: none.
       */
      shmpages?: number | string
      /**
       * Pages that allocation is guaranteed up to. Default as the sample says. Impact: none.
       */
      vmguarpages?: number | string
      /**
       * Pages up to which the kernel does not kill inside when memory is short. Default as the sample says. Impact: none.
       */
      oomguarpages?: number | string
      /**
       * Processes and threads; resources.pids says the same for every provider. Default as the sample says. Impact: none.
       */
      numproc?: number | string
      /**
       * Sockets of TCP. Default as the sample says. Impact: none.
       */
      numtcpsock?: number | string
      /**
       * Other sockets. Default as the sample says. Impact: none.
       */
      numothersock?: number | string
      /**
       * Open files. Default as the sample says. Impact: none.
       */
      numfile?: number | string
      /**
       * File locks. Default as the sample says. Impact: none.
       */
      numflock?: number | string
      /**
       * Pseudo-terminals. Default as the sample says. Impact: none.
       */
      numpty?: number | string
      /**
       * Queued signals. Default as the sample says. Impact: none.
       */
      numsiginfo?: number | string
      /**
       * Rules of iptables. Default as the sample says. Impact: none.
       */
      numiptent?: number | string
    }
    /**
     * Features of the kernel that it may use. What is absent stays as it is. Default as the sample says. Impact: restart, withheld outside restarts/window.
     */
    features?: {
      /**
       * /sys inside. Default as the sample says. Impact: restart, withheld outside restarts/window.
       */
      sysfs?: boolean
      /**
       * Mounts of NFS. Default as the sample says. Impact: restart, withheld outside restarts/window.
       */
      nfs?: boolean
      /**
       * The NFS server of the kernel. Default as the sample says. Impact: restart, withheld outside restarts/window.
       */
      nfsd?: boolean
      /**
       * Tunnels of IPv6 in IPv4. Default as the sample says. Impact: restart, withheld outside restarts/window.
       */
      sit?: boolean
      /**
       * Tunnels of IPv4 in IPv4. Default as the sample says. Impact: restart, withheld outside restarts/window.
       */
      ipip?: boolean
      /**
       * GRE tunnels. Default as the sample says. Impact: restart, withheld outside restarts/window.
       */
      ipgre?: boolean
      /**
       * PPP. Default as the sample says. Impact: restart, withheld outside restarts/window.
       */
      ppp?: boolean
      /**
       * Bridges inside. Default as the sample says. Impact: restart, withheld outside restarts/window.
       */
      bridge?: boolean
    }
    /**
     * Makes /var/lib/vz/private/CTID a symbolic link to the private area on the volume of rootfs, for tools that look there. Default false. Impact: none.
     */
    compatSymlink?: boolean
  }
  /**
   * Root inside is no root on the hypervisor, but a user without rights there (user_namespaces(7)). Default false. Impact: refused once it exists, since its files belong to the ids that it was made with.
   */
  unprivileged?: boolean
  /**
   * What the root file system is filled with when the container is created. Default type none. Impact: refused once it exists.
   */
  template?: {
    /**
     * archive unpacks a tar file of a root file system that lies on the hypervisor, debootstrap installs Debian or a descendant from a mirror, script runs a template script of LXC (package lxc-templates), none takes a root file system that exists. Impact: refused once it exists.
     */
    type: 'archive' | 'debootstrap' | 'script' | 'none'
    /**
     * Absolute path of the archive on the hypervisor (tar, also gzip, bzip2, xz or zstd). Required with archive. Impact: none once it exists.
     */
    path?: string
    /**
     * SHA-256 of the archive, 64 hexadecimal digits; checked before it is unpacked. Required with archive. Impact: refused once it exists.
     */
    sha256?: string
    /**
     * Code name of the release, for example bookworm. Required with debootstrap. Impact: refused once it exists.
     */
    release?: string
    /**
     * URL of the mirror; old releases are on an archive server. Default debootstrap's own choice. Impact: refused once it exists.
     */
    mirror?: string
    /**
     * Architecture in Debian's words, for example amd64. Default the hypervisor's. Impact: refused once it exists.
     */
    arch?: string
    /**
     * Components of the archive. Default main. Impact: refused once it exists.
     *
     * @maxItems 8
     *
     * Items: Name of a component.
     */
    components?: string[]
    /**
     * Packages beyond those that every container needs (systemd-sysv, dbus, ifupdown, iproute2, procps), installed by debootstrap. Default none. Impact: refused once it exists; later packages belong to system.packages.
     *
     * @maxItems 100
     *
     * Items: Name of a package.
     */
    packages?: string[]
    /**
     * Absolute path on the hypervisor of the keys that the release must be signed with. Default debootstrap's own choice. Impact: refused once it exists.
     */
    keyring?: string
    /**
     * Name of the script, without lxc-, for example busybox for /usr/share/lxc/templates/lxc-busybox. Required with script. Impact: refused once it exists.
     */
    name?: string
    /**
     * Arguments of the script, after its own path, name and rootfs. Default none. Impact: refused once it exists.
     *
     * @maxItems 32
     *
     * Items: One argument.
     */
    args?: string[]
  }
  /**
   * Where the root file system lies, lvm or dir, required with provider lxc. It only grows, and is never reformatted once filled. Impact: that of each field.
   */
  rootfs?: {
    /**
     * A logical volume of its own. Impact: that of each field.
     */
    lvm?: {
      /**
       * Volume group on the hypervisor (lvm(8)). Impact: refused once it exists, since its data would be left behind.
       */
      volumeGroup: string
      /**
       * Name of the logical volume, letters, digits, + - _ and dots (lvm(8)). Default LXC's name of the container, with openvz metadata.name. Impact: refused once it exists, since its data would be left behind.
       */
      name?: string
      /**
       * Size in bytes or with Ki, Mi, Gi, Ti, for example 10Gi, rounded up to whole extents. Impact: none, volume and file system grow while it runs; refused if smaller.
       */
      size: string
      /**
       * File system made on it when it is created. Default ext4. Impact: refused once it exists.
       */
      fsType?: 'ext2' | 'ext3' | 'ext4' | 'xfs'
    }
    /**
     * A folder of the hypervisor's own file system. It has no size of its own, grows with what it lies on, and is never removed by Reeve. Impact: that of each field.
     */
    dir?: {
      /**
       * Absolute path of the folder, made where it is not there, for example /srv/containers/web or /var/lib/lxc/web/rootfs; with openvz the private area. Impact: refused once it exists, since its data would be left behind.
       */
      path: string
    }
  }
  /**
   * Network interfaces, in order. Default none but loopback. Impact: restart, withheld outside restarts/window.
   *
   * @maxItems 16
   *
   * Items: One interface, a veth pair with its outer end on a bridge.
   */
  network?: {
    /**
     * Name of the interface inside, for example eth0. Impact: restart, withheld outside restarts/window.
     */
    name: string
    /**
     * Bridge on the hypervisor (system.bridges of the Hypervisor, or one that exists). Impact: restart, withheld outside restarts/window.
     */
    bridge: string
    /**
     * Name of the interface's outer end on the hypervisor, for firewall rules and counters; unique there. Default made by the kernel at each start (vethXXXXXX). Impact: restart, withheld outside restarts/window.
     */
    veth?: string
    /**
     * MAC address of one interface (not of a group), for example "00:16:3e:00:00:01". Default made from hypervisor, container and interface name, so that it stays the same. Impact: restart, withheld outside restarts/window.
     */
    mac?: string
    /**
     * Largest packet in bytes. Default the bridge's. Impact: restart, withheld outside restarts/window.
     */
    mtu?: number
    /**
     * IPv4 address inside. Default none. Impact: restart, withheld outside restarts/window.
     */
    ipv4?: {
      /**
       * Address with prefix length, for example 192.168.1.3/24. Impact: restart, withheld outside restarts/window.
       */
      address: string
      /**
       * Default gateway, in the same subnet. Default none. Impact: restart, withheld outside restarts/window.
       */
      gateway?: string
    }
    /**
     * IPv6 address inside. Default none but those that a router announces. Impact: restart, withheld outside restarts/window.
     */
    ipv6?: {
      /**
       * Address with prefix length, for example 2001:db8::3/64. Impact: restart, withheld outside restarts/window.
       */
      address: string
      /**
       * Default gateway, in the same subnet or link-local (fe80::1). Default none. Impact: restart, withheld outside restarts/window.
       */
      gateway?: string
    }
    /**
     * static writes the interface with its addresses into the guest's /etc/network/interfaces, dhcp writes that it asks a server, manual leaves the guest's files alone. Default static. Impact: none; written at the next restart that a change of the network needs, as long as the file's first line is Reeve's.
     */
    guest?: 'static' | 'dhcp' | 'manual'
  }[]
  /**
   * Resolver inside, written to /etc/resolv.conf when the container is created. Default none. Impact: none, also inside; once it exists it is the guest's.
   */
  dns?: {
    /**
     * Addresses of name servers (resolv.conf(5) reads three). Default none. Impact: none, also inside.
     *
     * @maxItems 3
     *
     * Items: IPv4 or IPv6 address.
     */
    nameservers?: string[]
    /**
     * Domains searched for short names. Default none. Impact: none, also inside.
     *
     * @maxItems 6
     *
     * Items: Domain name.
     */
    searchDomains?: string[]
  }
  /**
   * Start with the hypervisor (lxc-autostart(1)). Default enabled. Impact: none.
   */
  autostart?: {
    /**
     * Whether it starts with the hypervisor. Default true. Impact: none.
     */
    enabled?: boolean
    /**
     * Seconds to wait after it was started, before the next one is. Default none. Impact: none.
     */
    delay?: number
    /**
     * Higher starts earlier. Default none, which is 0. Impact: none.
     */
    order?: number
    /**
     * Groups of lxc-autostart. Default none, which starts with the host as onboot does. Impact: none.
     *
     * @maxItems 16
     *
     * Items: Name of a group.
     */
    groups?: string[]
  }
  /**
   * Limits, all live. What is absent is not limited by Reeve. Default none. Impact: none, but for memory below what is needed.
   */
  resources?: {
    /**
     * CPU time, in CPUs; 0.5 is half of one. Default no limit. Impact: none.
     */
    cpus?: number
    /**
     * CPUs that it may run on, for example 0-1,4. Default all. Impact: none; refused where the host has not got them.
     */
    cpuSet?: string
    /**
     * Share of the CPU against others when it is short. Default 100, the kernel's. Impact: none.
     */
    cpuWeight?: number
    /**
     * Most memory it may use, in bytes or with Ki, Mi, Gi, for example 512Mi. Beyond, the kernel kills inside. Default no limit. Impact: none; restart, withheld outside restarts/window, where less than a tenth would be left above what it needs now.
     */
    memory?: string
    /**
     * Memory beyond which it is slowed down and reclaimed from, in bytes or with Ki, Mi, Gi, for example 512Mi. On cgroup v1 it is reclaimed from when the host is short (soft limit). Default no limit. Impact: none.
     */
    memoryHigh?: string
    /**
     * Memory that is not taken from it while others have some to spare, in bytes or with Ki, Mi, Gi, for example 128Mi. Default 0. Impact: none; refused on a host with cgroup v1, which knows no such thing.
     */
    memoryReservation?: string
    /**
     * Most swap it may use, in bytes or with Ki, Mi, Gi, for example 512Mi. 0 is none. Default no limit. Impact: none; refused on a host with cgroup v1 without memory.
     */
    swap?: string
    /**
     * Share of disks against others when they are busy. Default 100, the kernel's. Kept in the running container alone and set again after each start; OpenVZ has eight steps of it (ioprio), each twice the one before. Impact: none; refused where no disk of the hypervisor has a scheduler that weighs (bfq, or io.cost).
     */
    ioWeight?: number
    /**
     * Most processes and threads. Default no limit. Impact: none.
     */
    pids?: number
  }
  /**
   * Devices of the hypervisor that it may use, besides those that every container has (null, zero, full, random, urandom, tty, console, ptmx, pts). Default none. Impact: restart, withheld outside restarts/window.
   *
   * @maxItems 32
   *
   * Items: One device, at the same path inside.
   */
  devices?: {
    /**
     * Path under /dev, for example /dev/fuse or /dev/net/tun. Impact: restart, withheld outside restarts/window.
     */
    path: string
    /**
     * Sort, major and minor number, for example "c 10:229" (stat -c "%F %Hr:%Lr"); * is any. Default known for fuse, net/tun, ppp, kvm, loop-control and vhost-net, else required; refused in an unprivileged container, which needs none. Impact: restart, withheld outside restarts/window.
     */
    number?: string
    /**
     * What it may do, of r(ead), w(rite), m(knod); refused in an unprivileged container, which has the rights of the node. Default rwm. Impact: restart, withheld outside restarts/window.
     */
    access?: string
  }[]
  /**
   * Files and folders of the hypervisor that are also seen inside (bind mounts). Default none. Impact: restart, withheld outside restarts/window.
   *
   * @maxItems 64
   *
   * Items: One bind mount.
   */
  mounts?: {
    /**
     * Absolute path on the hypervisor; a Volume's mount above it is mounted first. Impact: restart, withheld outside restarts/window.
     */
    source: string
    /**
     * Absolute path inside, made where it is not there. Impact: restart, withheld outside restarts/window.
     */
    target: string
    /**
     * Nobody inside can write there. Default false. Impact: restart, withheld outside restarts/window.
     */
    readOnly?: boolean
    /**
     * Start without it where the source is missing; else the change is refused, and the container does not start. Default false. Impact: restart, withheld outside restarts/window.
     */
    optional?: boolean
    /**
     * The source is a file and no folder. Default false. Impact: restart, withheld outside restarts/window.
     */
    file?: boolean
  }[]
  /**
   * How it is stopped. Default after 60s, then killed. Impact: none.
   */
  stop?: {
    /**
     * Time for the guest to shut down by itself, at most 10m. Default 60s. Impact: none.
     */
    timeout?: string
    /**
     * Kill it when it did not stop by itself, and tell of it; else the stop fails. Default true. Impact: none.
     */
    force?: boolean
  }
  /**
   * Public keys of root inside, written once when the container is created. Default none. Impact: none, also inside; once it exists they are the guest's.
   *
   * @maxItems 64
   *
   * Items: One line of authorized_keys(5), without options.
   */
  authorizedKeys?: string[]
  /**
   * What the container is kept from. Default as its config says; a new one gets the distribution's confinement. Impact: restart, withheld outside restarts/window.
   */
  security?: {
    /**
     * Let services inside make mount namespaces of their own (systemd's PrivateTmp and the like) under AppArmor. Default as its config says, false in a new one. Impact: restart, withheld outside restarts/window.
     */
    nesting?: boolean
    /**
     * AppArmor profile, generated (LXC makes one for it), unconfined, or the name of one that the hypervisor has loaded. Default as its config says, generated in a new one. Impact: restart, withheld outside restarts/window.
     */
    apparmor?: string
    /**
     * Which system calls are refused inside: default (the distribution's profile), or the absolute path of a profile on the hypervisor (seccomp in lxc.container.conf(5)). Default as its config says, the distribution's in a new one. Impact: restart, withheld outside restarts/window; a profile that is edited in place counts from the next start on.
     */
    seccomp?: string
    /**
     * Capabilities that root inside loses beyond those that LXC takes away (capabilities(7)), for example sys_nice. Default none. Impact: restart, withheld outside restarts/window.
     *
     * @maxItems 41
     *
     * Items: Name of a capability without CAP_.
     */
    capabilitiesDrop?: string[]
  }
  /**
   * What the system inside must hold. Converged while the container runs. Default nothing. Impact: none.
   */
  system?: SystemSpec
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
   * When the manifest goes, the container is stopped and its configuration set aside; Retain keeps its root file system, Delete gives it to the trash; one that was taken over (adopt) runs on under Retain, with its configuration as it was before. Default Retain. Impact: none.
   */
  deletionPolicy?: 'Retain' | 'Delete'
  /**
   * What exists and is not Reeve's is taken over if equal (IfEqual), also if different (Replace), or never (Never). Default IfEqual. Impact: none.
   */
  adopt?: 'IfEqual' | 'Replace' | 'Never'
}

declare module '../../model/fleet.ts' {
  interface KindSpecs {
    Container: ContainerSpec
  }
}
