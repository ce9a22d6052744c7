// Generated from crds/zone.yaml by `npm run generate`. Do not edit.

/**
 * What is in it and who serves it. Impact: reload.
 */
export interface ZoneSpec {
  /**
   * Name of the zone, example.com; international names are written as they are. Impact: another zone is made; the old one stays as deletionPolicy says.
   */
  name: string
  /**
   * NameServer that holds the zone. Impact: the old place loses it, the new one gains it.
   */
  primary: string
  /**
   * NameServers that copy it. Default none. Impact: the old places lose it, the new ones gain it.
   *
   * @maxItems 16
   *
   * Items: Name of a NameServer.
   */
  secondaries?: string[]
  /**
   * Addresses of name servers of others that are told of changes and may transfer it. Default none. Impact: reload.
   *
   * @maxItems 16
   *
   * Items: IP address.
   */
  alsoNotify?: string[]
  /**
   * Names of the zone's NS records, the first of which stands in the SOA. Default the NS records among records; without these, the names of its NameServers in this zone.
   *
   * @minItems 1
   * @maxItems 16
   *
   * Items: Name, relative to the zone without a dot at the end.
   */
  nameservers?: string[]
  /**
   * Time to live of records that say none, in seconds. Default 3600.
   */
  ttl?: number
  /**
   * The zone's times, for secondaries and caches.
   */
  soa?: {
    /**
     * Mail address of who answers for it. Default hostmaster at the zone.
     */
    rname?: string
    /**
     * Seconds after which a secondary asks. Default 3600.
     */
    refresh?: number
    /**
     * Seconds after which it asks again. Default 900.
     */
    retry?: number
    /**
     * Seconds after which a secondary that hears nothing no longer answers. Default 1209600.
     */
    expire?: number
    /**
     * Seconds for which it is remembered that a name is not there. Default 300.
     */
    minimum?: number
  }
  /**
   * How the next serial is chosen; never one that is not above all that its servers serve (RFC 1982). Default dateserial. Impact: none.
   */
  serial?: 'dateserial' | 'unixtime' | 'counter'
  /**
   * Brings a serial that is far ahead of what serial wishes (a year that was mistyped) back to it, in the two steps of RFC 1982, each only when all secondaries have made the one before. Take it out when it is done. Default false. Impact: reload.
   */
  serialReset?: boolean
  /**
   * Who writes it. Static: the manifest alone, which is the whole zone. Dynamic: others too, by nsupdate or a DHCP server; the manifest then owns the sets of records that it names and no others, and named keeps the file. Change it in a commit of its own. Default Static. Impact: reload.
   */
  mode?: 'Static' | 'Dynamic'
  /**
   * TSIG keys of those who update a Dynamic zone besides Reeve. Default none. Impact: reload.
   *
   * @maxItems 32
   *
   * Items: One of them.
   */
  updaters?: {
    /**
     * Secret of the fleet that holds the key, in base64. Its name is the key's name, too.
     */
    secretRef: string
    /**
     * Of tsig-keygen(8). Default hmac-sha256.
     */
    algorithm?: 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512'
    /**
     * Name that it may change, with all below it; @ is the zone itself. Default @.
     */
    below?: string
    /**
     * Types of records that it may change. Default every type but SOA, NS and those of DNSSEC.
     *
     * @minItems 1
     * @maxItems 32
     *
     * Items: Type of records.
     */
    types?: string[]
  }[]
  /**
   * Signing by BIND itself. Default none. Impact: reload.
   */
  dnssec?: {
    /**
     * none; default signs with the policy of BIND; insecure takes the signatures away and is what must stand between default and none, until the parent's DS is gone and forgotten.
     */
    policy: 'none' | 'default' | 'insecure'
  }
  /**
   * How much of the zone one change may take away or alter before a person must confirm it. Impact: none.
   */
  safety?: {
    /**
     * Share of the records that may go. Default 30.
     */
    maxDeletePercent?: number
    /**
     * Share of the records that may change. Default 30.
     */
    maxUpdatePercent?: number
    /**
     * Zones of fewer records are not held. Default 10.
     */
    minExisting?: number
  }
  /**
   * Lets the zone be without records of its own. Default false. Impact: none.
   */
  allowEmpty?: boolean
  /**
   * A record for each Container with these labels, by its name and first IPv4 address. A record that is written has precedence. Default none.
   */
  fromContainers?: {
    /**
     * Labels that it must have. Default none, which is every Container.
     */
    matchLabels?: {
      [k: string]: string | undefined
    }
  }
  /**
   * MX records of the zone itself, the gateways of a MailRoute by their host names in their order, preferences 10, 20 and so on. MX records that are written have precedence. Default none.
   */
  mailFrom?: {
    /**
     * Name of the MailRoute.
     */
    route: string
  }
  /**
   * A PTR record for each address of these zones in a network. A record that is written has precedence. Default none.
   */
  reverseOf?: {
    /**
     * Zones whose A and AAAA records are read.
     *
     * @minItems 1
     * @maxItems 64
     *
     * Items: Name of a Zone.
     */
    zones: string[]
    /**
     * Network, such as 192.168.100.0/24.
     */
    cidr: string
  }
  /**
   * The zone's records, besides its SOA.
   *
   * @maxItems 20000
   *
   * Items: One name and type, with all its values.
   */
  records?: {
    /**
     * Name below the zone; @ is the zone itself, *.x a wildcard.
     */
    name: string
    /**
     * Type of the record; TYPE and its number with values in hexadecimal for one that is not known here.
     */
    type: string
    /**
     * Time to live in seconds. Default the zone's.
     */
    ttl?: number
    /**
     * Its values, as text or as fields.
     *
     * @minItems 1
     * @maxItems 1000
     *
     * Items: One value; text for A, AAAA, CNAME, DNAME, NS, PTR, TXT, LOC, OPENPGPKEY and TYPE, fields for the others.
     */
    values: (
      | string
      | {
          /**
           * MX, NAPTR; lower is asked first.
           */
          preference?: number
          /**
           * MX; host, or . for none.
           */
          exchange?: string
          /**
           * SRV, URI, HTTPS, SVCB; lower is asked first.
           */
          priority?: number
          /**
           * SRV, URI; share among equals.
           */
          weight?: number
          /**
           * SRV; port of the service.
           */
          port?: number
          /**
           * SRV, HTTPS, SVCB, URI; host, . for none or itself, or a URI.
           */
          target?: string
          /**
           * CAA; 0 or 128. NAPTR; letters.
           */
          flags?: number | string
          /**
           * CAA; issue, issuewild, iodef and the like.
           */
          tag?: string
          /**
           * CAA; who may issue.
           */
          value?: string
          /**
           * SSHFP, DS; number of the algorithm.
           */
          algorithm?: number
          /**
           * SSHFP; 1 is SHA-1, 2 is SHA-256.
           */
          fingerprintType?: number
          /**
           * SSHFP; hexadecimal.
           */
          fingerprint?: string
          /**
           * TLSA, SMIMEA; 0 to 3.
           */
          usage?: number
          /**
           * TLSA, SMIMEA; 0 the certificate, 1 its key.
           */
          selector?: number
          /**
           * TLSA, SMIMEA; 0 whole, 1 SHA-256, 2 SHA-512.
           */
          matching?: number
          /**
           * TLSA, SMIMEA; hexadecimal.
           */
          data?: string
          /**
           * DS; tag of the key.
           */
          keyTag?: number
          /**
           * DS; 1 SHA-1, 2 SHA-256, 4 SHA-384.
           */
          digestType?: number
          /**
           * DS; hexadecimal.
           */
          digest?: string
          /**
           * NAPTR; lower is asked first.
           */
          order?: number
          /**
           * NAPTR; services.
           */
          services?: string
          /**
           * NAPTR; rule of substitution.
           */
          regexp?: string
          /**
           * NAPTR; name, or . for none.
           */
          replacement?: string
          /**
           * HINFO; CPU.
           */
          cpu?: string
          /**
           * HINFO; operating system.
           */
          os?: string
          /**
           * HTTPS, SVCB; parameters by name, such as alpn.
           */
          params?: {
            [k: string]: string | undefined
          }
        }
    )[]
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
   * When the manifest goes, Retain leaves the zone on its servers and says so, Delete takes it out of BIND and puts its file aside. Default Retain. Impact: none.
   */
  deletionPolicy?: 'Retain' | 'Delete'
  /**
   * What exists and is not Reeve's is taken over if equal (IfEqual), also if different (Replace), or never (Never). Default IfEqual. Impact: none.
   */
  adopt?: 'IfEqual' | 'Replace' | 'Never'
}

declare module '../../model/fleet.ts' {
  interface KindSpecs {
    Zone: ZoneSpec
  }
}
