// Generated from crds/nameserver.yaml by `npm run generate`. Do not edit.

/**
 * How it serves; what it serves is said by Zones. Impact: reload.
 */
export interface NameServerSpec {
  /**
   * Where it runs, a container or a hypervisor. Impact: the old place loses it, the new one gains it.
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
   * What serves. Default bind9. Impact: none.
   */
  provider?: 'bind9'
  /**
   * Address at which others reach it: secondaries, and the records of zones that name it. Default the container's first IPv4 address; a hypervisor must say it. Impact: reload.
   */
  address?: string
  /**
   * Addresses of the target that it listens on, port 53, besides the loopback's. Default all. Impact: reload.
   *
   * @minItems 1
   * @maxItems 16
   *
   * Items: IPv4 address.
   */
  listen?: string[]
  /**
   * Whom it answers: public is everybody, internal only its own networks and recursion.allowFrom. Default public. Impact: reload.
   */
  exposure?: 'public' | 'internal'
  /**
   * Whether it resolves names of others, for whom, and by whom. Default it does not. Impact: reload.
   */
  recursion?: {
    /**
     * Resolves names that it is not the authority of.
     */
    enabled: boolean
    /**
     * Networks and addresses that it resolves for.
     *
     * @minItems 1
     * @maxItems 64
     *
     * Items: Network or address; any is everybody.
     */
    allowFrom?: string[]
    /**
     * Name servers that are asked instead of the root's. Default the root's.
     *
     * @minItems 1
     * @maxItems 8
     *
     * Items: IP address.
     */
    forwarders?: string[]
    /**
     * Domains that are not held against DNSSEC, with all below them: names of forwarders' own that are signed by nobody; "." is everything. Default none: what is signed must be right.
     *
     * @minItems 1
     * @maxItems 64
     *
     * Items: Domain.
     */
    validateExcept?: string[]
    /**
     * first asks the root's servers where no forwarder answers, only does not. Default first.
     */
    policy?: 'first' | 'only'
  }
  /**
   * TSIG keys of zone transfers. Of zones that it is the primary of, each of these opens the transfer, and secondaries use the first. To change a key without a gap: add it as the second, then make it the first, then take the old one out, a commit each. Default transfers are opened by address. Impact: reload.
   *
   * @minItems 1
   * @maxItems 4
   *
   * Items: One of them.
   */
  transferKeys?: {
    /**
     * Secret of the fleet that holds the key, in base64. Its name is the key's name, too.
     */
    secretRef: string
    /**
     * Of tsig-keygen(8). Default hmac-sha256.
     */
    algorithm?: 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512'
  }[]
  /**
   * How secondaries of zones that it is the primary of learn of these. Statements: each has a statement of each zone. Catalog: each has one for a catalog zone (RFC 9432, BIND 9.18), from which BIND takes the zones as they come and go; for more than some dozens of them. Default Statements. Impact: reload.
   */
  secondaryVia?: 'Statements' | 'Catalog'
  /**
   * Containers and hypervisors that ask name servers: their /etc/resolv.conf, and names in their /etc/hosts. Impact: none.
   *
   * @maxItems 256
   *
   * Items: One of them.
   */
  clients?: {
    /**
     * Where it runs, a container or a hypervisor.
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
     * Whom it asks, in this order; names of NameServers or addresses.
     *
     * @minItems 1
     * @maxItems 3
     *
     * Items: Name of a NameServer, or an IP address.
     */
    nameservers: string[]
    /**
     * Domains that short names are looked for in. Default none.
     *
     * @maxItems 6
     *
     * Items: Domain.
     */
    search?: string[]
    /**
     * fromZone puts the addresses of the zones that this server is the primary of into /etc/hosts, for when no server answers. Default none.
     */
    hosts?: 'none' | 'fromZone'
  }[]
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
   * When the manifest goes, Delete takes its configuration out of BIND (the package stays) and Retain leaves it. Default Delete. Impact: none.
   */
  deletionPolicy?: 'Retain' | 'Delete'
  /**
   * What exists and is not Reeve's is taken over if equal (IfEqual), also if different (Replace), or never (Never). Default IfEqual. Impact: none.
   */
  adopt?: 'IfEqual' | 'Replace' | 'Never'
}

declare module '../../model/fleet.ts' {
  interface KindSpecs {
    NameServer: NameServerSpec
  }
}
