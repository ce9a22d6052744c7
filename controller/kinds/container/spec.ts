// Generated from crds/container.yaml by `npm run generate`. Do not edit.

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
         * Value of a parameter.
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
   * Where the root file system lies, required with provider lxc. It only grows, and is never reformatted once filled. Impact: that of each field.
   */
  rootfs?: {
    /**
     * A logical volume of its own. Impact: that of each field.
     */
    lvm: {
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
  system?: {
    /**
     * Kernel settings by their name in sysctl(8), live and at the next boot; in a container those of its own network (net.…) only. Default none. Impact: none.
     */
    sysctl?: {
      /**
       * The value as text.
       */
      [k: string]: string | undefined
    }
    /**
     * Debian packages that are installed. They stay when they leave this list. Default none. Impact: none; takes minutes, and holds nothing else up.
     *
     * @maxItems 500
     *
     * Items: Name of a package, as Debian has it: without version, option or blank.
     */
    packages?: string[]
    /**
     * Lines of /etc/hosts, kept as one block at its end; all its other lines stay as they are. Default none. Impact: none.
     *
     * @maxItems 1000
     *
     * Items: An address and its names.
     */
    hosts?: {
      /**
       * IPv4 or IPv6 address, without prefix length.
       */
      address: string
      /**
       * Host names, the canonical one first.
       *
       * @minItems 1
       * @maxItems 32
       *
       * Items: A host name of letters, digits, - and dots.
       */
      names: string[]
    }[]
    /**
     * Accounts of people and daemons. One that leaves this list is shut out (expired), or as it was before Reeve; it and its home are never removed. Default none. Impact: none.
     *
     * @maxItems 200
     *
     * Items: An account, by its name; a field that is absent is left as it is.
     */
    users?: {
      /**
       * Name of the account, small letters, digits, - and _. Impact: none; another name is another account.
       */
      name: string
      /**
       * Made as the account of a daemon, with a low uid and without a home unless home names one. Only read when it is made. Default false. Impact: none.
       */
      system?: boolean
      /**
       * Its number. Default the next free one. Impact: refused on an account that has another, for its files would be somebody else’s.
       */
      uid?: number
      /**
       * Its home, made where it is missing. Default /home/NAME. Impact: refused on an account that has another.
       */
      home?: string
      /**
       * Its shell, such as /bin/bash or /usr/sbin/nologin. Default for a new account that of useradd(8). Impact: none; counts from the next login on.
       */
      shell?: string
      /**
       * Its full name or purpose, for people. Default none. Impact: none.
       */
      comment?: string
      /**
       * All of its supplementary groups, which must exist; it is taken out of others. Default as they are. Impact: none; counts from the next login on.
       *
       * @maxItems 64
       *
       * Items: Name of a group.
       */
      groups?: string[]
      /**
       * What it logs in with besides keys, exactly one of these. Default locked for a new account, else as it is. Impact: none.
       */
      password?: {
        /**
         * No password is right; keys still are. Impact: none.
         */
        locked?: true
        /**
         * Hash of crypt(5) as `mkpasswd -m yescrypt` prints it: yescrypt, SHA-512, SHA-256, bcrypt or scrypt. Impact: none.
         */
        hash?: string
      }
      /**
       * Public keys that it may log in with, kept as a block of ~/.ssh/authorized_keys; other lines there stay as they are. Default none. Impact: none.
       *
       * @maxItems 100
       *
       * Items: A public key as ssh-keygen(1) writes it: type, base64 and a comment, without options.
       */
      authorizedKeys?: string[]
      /**
       * Lets it become root by sudo, which is installed for that: Password asks for its own password, NoPassword does not. Default what other files say. Impact: none.
       */
      sudo?: 'Password' | 'NoPassword'
      /**
       * Container on this hypervisor that its logins and commands land in, as the account of the same name there; instead of shell and sudo. Default none. Impact: none; counts from the next login on.
       */
      container?: string
    }[]
    /**
     * Who may come in by SSH, as /etc/ssh/sshd_config.d/00-reeve.conf. Judged by sshd itself; on a hypervisor kept only once Reeve came in anew, and left in force when it leaves the manifest. Default as other files say. Impact: reload, connections live on.
     */
    sshd?: {
      /**
       * All ports that sshd listens on. Default as other files say. Impact: reload; on a hypervisor the old port comes back within 30 s where Reeve cannot come in by a new one.
       *
       * @minItems 1
       * @maxItems 4
       *
       * Items: A TCP port.
       */
      ports?: number[]
      /**
       * Whether passwords are taken, in both ways that sshd has. Default as other files say. Impact: reload.
       */
      passwordAuthentication?: boolean
      /**
       * Whether root may log in: never, by key alone, or always. Default as other files say. Impact: reload.
       */
      permitRootLogin?: 'Never' | 'KeyOnly' | 'Always'
      /**
       * The only accounts that may log in; Reeve’s own must be one of them. Default as other files say. Impact: reload.
       *
       * @minItems 1
       * @maxItems 100
       *
       * Items: Name of an account.
       */
      allowUsers?: string[]
    }
    /**
     * Name servers of the machine, as /etc/resolv.conf. A link there (of systemd-resolved or resolvconf) is refused, for its owner would write it again. Default as it is. Impact: none; counts from the next look-up on.
     */
    resolver?: {
      /**
       * Addresses, asked in this order; the C library reads three. Impact: none.
       *
       * @minItems 1
       * @maxItems 3
       *
       * Items: An IP address.
       */
      nameservers: string[]
      /**
       * Domains that a short name is looked for in. Default none. Impact: none.
       *
       * @maxItems 6
       *
       * Items: A domain of letters, digits, - and dots.
       */
      search?: string[]
    }
    /**
     * Time zone by its name in the IANA database, for example Europe/Berlin. Default as it is. Impact: none; daemons that run keep the old one until their restart.
     */
    timeZone?: string
    /**
     * Locale of logins and daemons, for example de_DE.UTF-8, made where it is missing. Default as it is. Impact: none; counts from the next login or start on.
     */
    locale?: string
    /**
     * Jobs of cron(8), each a file in /etc/cron.d. Default none. Impact: none.
     *
     * @maxItems 100
     *
     * Items: A job.
     */
    cron?: {
      /**
       * Names the job and its file, small letters, digits and -. Impact: none.
       */
      name: string
      /**
       * Five fields of crontab(5) with single blanks, or @reboot, @hourly, @daily, @weekly, @monthly, @yearly; in the time zone of the machine. Impact: none.
       */
      schedule: string
      /**
       * Account that it runs as. Default root. Impact: none.
       */
      user?: string
      /**
       * Words of the command; each reaches it as it stands here. Pipes and the like belong into a file of system.files. Impact: none.
       *
       * @minItems 1
       * @maxItems 64
       *
       * Items: One word without control characters.
       */
      command: string[]
      /**
       * Address that gets what it prints. Default the account. Impact: none.
       */
      mailTo?: string
    }[]
    /**
     * Security installs security updates of the distribution once a day by itself (unattended-upgrades), and never reboots. Default as it is. Impact: none; an update may restart its daemon.
     */
    autoUpdate?: 'Security'
    /**
     * Files that no other kind writes. Default none. Impact: none; what loads them says more.
     *
     * @maxItems 500
     *
     * Items: A regular file.
     */
    files?: {
      /**
       * Absolute path of letters, digits, _ + @ % = , - and dots.
       */
      path: string
      /**
       * All of its text. Impact: none.
       */
      content: string
      /**
       * Permissions, four octal digits in quotes, for example "0644". Default 0644. Impact: none.
       */
      mode?: string
      /**
       * User and group, for example root:adm. Default root:root. Impact: none.
       */
      owner?: string
    }[]
    /**
     * systemd units that no other kind runs. Default none. Impact: none to start one, outage to stop one.
     *
     * @maxItems 200
     *
     * Items: A unit.
     */
    services?: {
      /**
       * Name with suffix, for example smartmontools.service.
       */
      unit: string
      /**
       * Whether it runs. Default Running. Impact: outage, withheld outside restarts or window, where it stops.
       */
      state?: 'Running' | 'Stopped'
      /**
       * Whether it starts at boot. Default as it is. Impact: none.
       */
      enabled?: boolean
      /**
       * Paths of system.files that it reads; a change of one reloads it. Default none. Impact: as reload says.
       *
       * @maxItems 100
       *
       * Items: Path of a file of system.files.
       */
      loads?: string[]
      /**
       * How it takes a change of these. Default Restart, for which see restarts. Impact: none.
       */
      reload?: 'Reload' | 'Restart'
      /**
       * Words of a command that fails where its files are bad; run before they are loaded. Default no check. Impact: none.
       *
       * @minItems 1
       * @maxItems 32
       *
       * Items: One word without control characters.
       */
      check?: string[]
    }[]
  }
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
   * When the manifest goes, the container is stopped and its configuration set aside; Retain keeps its root file system, Delete gives it to the trash. Default Retain. Impact: none.
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
