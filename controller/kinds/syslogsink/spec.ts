// Generated from crds/syslogsink.yaml by `npm run generate`. Do not edit.

/**
 * Where logs are kept, and who sends them there. Impact: restart of rsyslog, which takes a second and loses nothing that waits.
 */
export interface SyslogSinkSpec {
  /**
   * The machine that keeps the logs of the others, in a rule set of its own, so that its own log stays as it is.
   */
  server: {
    /**
     * Where it runs, a container or a hypervisor; one SyslogSink each. Impact: restart of rsyslog at the old place and the new; what was kept stays at the old one.
     */
    target: {
      /**
       * Name of a Container.
       */
      container?: string
      /**
       * Name of a Hypervisor.
       */
      hypervisor?: string
    }
    /**
     * Where it listens.
     *
     * @minItems 1
     * @maxItems 8
     *
     * Items: One protocol on one port.
     */
    listeners: {
      /**
       * tcp (octet-counted, RFC 6587), udp (RFC 5426; what is lost is lost), or relp (acknowledged; loses nothing when the sink dies).
       */
      protocol: 'tcp' | 'udp' | 'relp'
      /**
       * Port. Default 514 for tcp and udp, 2514 for relp.
       */
      port?: number
      /**
       * The target's own address on which it listens. Default every address.
       */
      address?: string
    }[]
    /**
     * TLS on its tcp listeners, by rsyslog's driver gtls, which also asks senders for a certificate. Absent, everything is in the clear.
     */
    tls?: {
      /**
       * Path on the target of its certificate, PEM.
       */
      certificate: string
      /**
       * Path on the target of its private key, PEM, without a password.
       */
      key: string
      /**
       * Path on the target of the certificates that vouch for senders, PEM.
       */
      ca: string
      /**
       * Names that a sender's certificate may carry, such as "*.example.com".
       *
       * @minItems 1
       * @maxItems 64
       *
       * Items: A DNS name; * for its first label.
       */
      permittedPeers: string[]
    }
    /**
     * Folder under which the logs are kept. Default /var/log/remote. Impact: restart of rsyslog; what was kept stays where it is.
     */
    directory?: string
    /**
     * File of a message below directory, of plain text and the tokens {fromip}, {hostname}, {program}, {facility} and {date}. What a sender chooses cannot leave its place in the path. Default {fromip}/{hostname}.log. Impact: restart of rsyslog; what was kept stays where it is.
     */
    layout?: string
    /**
     * How long logs are kept (logrotate). Impact: none.
     */
    rotation?: {
      /**
       * How often a new file is begun. Default daily.
       */
      every?: 'daily' | 'weekly' | 'monthly'
      /**
       * How many old files are kept. Default 14.
       */
      keep?: number
      /**
       * Whether old files are compressed, from the second one on. Default true.
       */
      compress?: boolean
      /**
       * A file that is larger, for example than 100Mi, is also replaced, when logrotate runs, which Debian does once a day. Default 500Mi.
       */
      maxSize?: string
    }
    /**
     * Modules of rsyslog that the target's own configuration loads already, such as imudp in /etc/rsyslog.conf; rsyslog refuses to load one twice. Default none.
     *
     * @maxItems 3
     *
     * Items: Name of a module.
     */
    loadedElsewhere?: ('imtcp' | 'imudp' | 'imrelp')[]
  }
  /**
   * Who sends, and what. Default nobody.
   *
   * @maxItems 64
   *
   * Items: Machines that send the same in the same way.
   */
  clients?: {
    /**
     * Containers and hypervisors by name. Impact: restart of rsyslog where one comes or goes.
     *
     * @minItems 1
     * @maxItems 256
     *
     * Items: A container or a hypervisor.
     */
    targets?: {
      /**
       * Name of a Container.
       */
      container?: string
      /**
       * Name of a Hypervisor.
       */
      hypervisor?: string
    }[]
    /**
     * Every Hypervisor and every Container with these labels, but the sink itself. Impact: restart of rsyslog where one comes or goes.
     */
    targetSelector?: {
      /**
       * Labels that all must be there.
       */
      matchLabels: {
        [k: string]: string | undefined
      }
    }
    /**
     * By which of the sink's listeners. Default tcp.
     */
    protocol?: 'tcp' | 'udp' | 'relp'
    /**
     * Name or address by which these machines reach the sink. Default the listener's address, or the first one that the sink's manifest declares.
     */
    address?: string
    /**
     * TLS to the sink, where it asks for it. Either side shows a certificate.
     */
    tls?: {
      /**
       * Path on the sender of its certificate, PEM.
       */
      certificate: string
      /**
       * Path on the sender of its private key, PEM, without a password.
       */
      key: string
      /**
       * Path on the sender of the certificates that vouch for the sink, PEM.
       */
      ca: string
      /**
       * Name that the sink's certificate must carry.
       */
      peer: string
    }
    /**
     * What is sent, all that any of these selects. Default all of it.
     *
     * @minItems 1
     * @maxItems 32
     *
     * Items: One selector.
     */
    forward?: {
      /**
       * As in rsyslog.conf(5), for example "*.crit", "authpriv.notice" or "*.info;mail.none". A severity stands for itself and what is worse.
       */
      selector: string
    }[]
    /**
     * Whether messages of the kernel are sent; a container sees those of its hypervisor. Default true for hypervisors and false for containers.
     */
    kernelLog?: boolean
    /**
     * What waits while the sink is not there. Not for udp, which cannot wait.
     */
    queue?: {
      /**
       * Messages that wait at most in memory. Default 10000.
       */
      memory?: number
      /**
       * From how many waiting messages on they are written to the disk; what waits in memory alone is lost with a power cut. Default 50.
       */
      spillAt?: number
      /**
       * How much of the disk they may take; then the newest are lost. Default 256Mi.
       */
      maxDisk?: string
    }
  }[]
  /**
   * How often each sender proves its way to the sink by a line of its own, 1m to 1d; one of which nothing arrived for three times as long is told. Default 5m. Impact: none.
   */
  interval?: string
  /**
   * When the manifest goes, Delete removes Reeve's files from rsyslog.d and logrotate.d (packages, logs that were kept and messages that still wait stay) and Retain leaves them. Default Delete. Impact: restart of rsyslog.
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
   * When restarts and outages are allowed. Impact: none.
   */
  maintenanceWindow?: {
    /**
     * Start of the window, five fields of crontab(5).
     */
    cron: string
    /**
     * Length of the window, for example 2h.
     */
    duration: string
    /**
     * Time zone of cron, for example Europe/Berlin. Default UTC.
     */
    timeZone?: string
  }
  /**
   * Whether a change may restart rsyslog, which reads its configuration only then. Default InWindow with a maintenanceWindow, else Always. Impact: none.
   */
  restarts?: 'Never' | 'InWindow' | 'Always'
  /**
   * What exists and is not Reeve's is taken over if equal (IfEqual), also if different (Replace), or never (Never). Default IfEqual. Impact: none.
   */
  adopt?: 'IfEqual' | 'Replace' | 'Never'
}

declare module '../../model/fleet.ts' {
  interface KindSpecs {
    SyslogSink: SyslogSinkSpec
  }
}
