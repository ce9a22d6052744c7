// Generated from crds/mailroute.yaml by `npm run generate`. Do not edit.

/**
 * Which gateways, and what they do with mail. All that is written here stands on each of them. Impact: reload of Postfix, one gateway after the other.
 */
export interface MailRouteSpec {
  /**
   * The machines that take mail from the Internet. Each is MX backup of the others.
   *
   * @minItems 1
   * @maxItems 8
   *
   * Items: A gateway. There is one MailRoute for each Postfix.
   */
  gateways: {
    /**
     * Where its Postfix runs, a container or a hypervisor. Impact: the old place loses its maps, the new one gains them.
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
     * Its own name in full, by which it greets; myhostname of main.cf.
     */
    hostname: string
    /**
     * Where it listens, beside the loopback; inet_interfaces of main.cf. Without it as main.cf says. Impact: restart.
     *
     * @minItems 1
     * @maxItems 16
     *
     * Items: IPv4 or IPv6 address of its own.
     */
    addresses?: string[]
    /**
     * The unit that is Postfix itself: postfix.service from Debian 13 on. Default postfix@-.service, of Debian 12, where postfix.service is always active.
     */
    unit?: 'postfix@-.service' | 'postfix.service'
  }[]
  /**
   * Domains whose mail the gateways take.
   *
   * @minItems 1
   * @maxItems 2000
   *
   * Items: A domain. It has a target, or redirectOnly.
   */
  domains: {
    /**
     * The domain. International ones are written as people do.
     */
    name: string
    /**
     * Mail for any name below it goes to the same target; recipients there are listed in full, or with mode Verify and Any are whoever the target takes. Default false.
     */
    includeSubdomains?: boolean
    /**
     * It has no target: only what redirects name is taken. Default false.
     */
    redirectOnly?: boolean
    /**
     * The mail server of its users: a container, or a host. While it is down mail waits in the queue.
     */
    target?: {
      /**
       * Name of a Container; its first IPv4 address is taken.
       */
      container?: string
      /**
       * Host name or IP address of another mail server.
       */
      host?: string
      /**
       * TCP port. Default 25.
       */
      port?: number
      /**
       * Asks the DNS for the MX of host, instead of its address. Default false.
       */
      useMx?: boolean
    }
    /**
     * Who there is. All others are refused while the sender is still there to hear it.
     */
    recipients?: {
      /**
       * List takes addresses; FromTarget reads them from the Postfix of the target's container, and keeps what it read while that is down; Verify asks the target, and while it is down nobody new gets in; Any takes everybody, and bounces what the target refuses to forged senders. Default List.
       */
      mode?: 'List' | 'FromTarget' | 'Verify' | 'Any'
      /**
       * Recipients, the part before @ or in full.
       *
       * @maxItems 40000
       *
       * Items: Recipient, such as alice or alice@example.com.
       */
      addresses?: string[]
      /**
       * Says that you know what mode Any does. Default false.
       */
      acceptBackscatter?: boolean
    }
    /**
     * How the gateway speaks to the target; smtp_tls_policy_maps. Without it as main.cf says.
     */
    tls?: {
      /**
       * As in Postfix: none, may (where offered), encrypt (always, any certificate), verify and secure (a certificate that the system trusts, of this name), fingerprint (one of these certificates, whoever made it).
       */
      level: 'none' | 'may' | 'encrypt' | 'verify' | 'secure' | 'fingerprint'
      /**
       * Names that the certificate may have, for verify and secure (without it that of host), or SHA-256 fingerprints of it or its public key, for fingerprint.
       *
       * @minItems 1
       * @maxItems 16
       *
       * Items: Host name (.example.com is any name below it), or a fingerprint such as AB:CD:… of 32 octets.
       */
      match?: string[]
    }
  }[]
  /**
   * Addresses whose mail goes to others; virtual_alias_maps.
   *
   * @maxItems 10000
   *
   * Items: An address and where its mail goes.
   */
  redirects?: {
    /**
     * An address of one of the domains, or with catchAll @ and the domain.
     */
    from: string
    /**
     * Who gets it.
     *
     * @minItems 1
     * @maxItems 100
     *
     * Items: Mail address in full.
     */
    to: string[]
    /**
     * Says that from is a whole domain, so that nobody there is unknown any more. Default false.
     */
    catchAll?: boolean
  }[]
  /**
   * Single addresses whose mail goes to another server than that of their domain.
   *
   * @maxItems 10000
   *
   * Items: An address and its server. It counts as a recipient.
   */
  routes?: {
    /**
     * An address of a domain with a target.
     */
    address: string
    /**
     * The mail server for it: a container, or a host.
     */
    target: {
      /**
       * Name of a Container; its first IPv4 address is taken.
       */
      container?: string
      /**
       * Host name or IP address of another mail server.
       */
      host?: string
      /**
       * TCP port. Default 25.
       */
      port?: number
      /**
       * Asks the DNS for the MX of host, instead of its address. Default false.
       */
      useMx?: boolean
    }
  }[]
  /**
   * Networks that may send to everywhere through the gateways, beside the loopback; mynetworks. Without it as main.cf says.
   *
   * @minItems 1
   * @maxItems 256
   *
   * Items: IPv4 or IPv6 address or network, such as 10.0.0.0/8.
   */
  relayFrom?: string[]
  /**
   * What a message may cost. What is not here stays as main.cf says.
   */
  limits?: {
    /**
     * Largest message, with Ki, Mi or Gi; message_size_limit.
     */
    messageSize?: string
    /**
     * How long a message waits for its target before it goes back, at least 1h; maximal_queue_lifetime and bounce_queue_lifetime.
     */
    queueLifetime?: string
    /**
     * When its sender hears that it waits, or 0s for never; delay_warning_time.
     */
    delayWarning?: string
  }
  /**
   * From when on a queue is told of. Impact: none.
   */
  health?: {
    /**
     * Messages that wait for another try, warning. Default 100.
     */
    deferredWarn?: number
    /**
     * The same, critical. Default 1000.
     */
    deferredCritical?: number
    /**
     * Age of the oldest message, warning. Default 1h.
     */
    oldestWarn?: string
    /**
     * The same, critical. Default 4h.
     */
    oldestCritical?: string
  }
  /**
   * Addresses that each gateway is asked for, beside those that Reeve chooses: after each change, which else is undone, and in every cycle. Impact: none.
   */
  probes?: {
    /**
     * Addresses that must be taken.
     *
     * @maxItems 16
     *
     * Items: Mail address of one of the domains.
     */
    accept?: string[]
    /**
     * Addresses that must be refused.
     *
     * @maxItems 4
     *
     * Items: Mail address.
     */
    reject?: string[]
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
   * Whether a change may restart or interrupt what runs. Default InWindow with a maintenanceWindow, else Never. Impact: none.
   */
  restarts?: 'Never' | 'InWindow' | 'Always'
  /**
   * When the manifest goes, Delete removes its maps and gives main.cf its values of before back (the package stays) and Retain leaves them. Default Delete. Impact: none.
   */
  deletionPolicy?: 'Retain' | 'Delete'
  /**
   * What exists and is not Reeve's is taken over if equal (IfEqual), also if different (Replace), or never (Never). Default IfEqual. Impact: none.
   */
  adopt?: 'IfEqual' | 'Replace' | 'Never'
}

declare module '../../model/fleet.ts' {
  interface KindSpecs {
    MailRoute: MailRouteSpec
  }
}
