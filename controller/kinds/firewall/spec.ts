// Generated from crds/firewall.yaml by `npm run generate`. Do not edit.

/**
 * What may pass. Impact: reload, known connections live on; counters start anew.
 */
export interface FirewallSpec {
  /**
   * Where it applies. Impact: the old table stays, the new one is made.
   */
  target?: {
    /**
     * Name of a Hypervisor.
     */
    hypervisor?: string
    /**
     * Name of a Container.
     */
    container?: string
  }
  /**
   * Where it applies, several.
   *
   * @minItems 1
   * @maxItems 256
   *
   * Items: One target.
   */
  targets?: {
    /**
     * Name of a Hypervisor.
     */
    hypervisor?: string
    /**
     * Name of a Container.
     */
    container?: string
  }[]
  /**
   * Applies to every Hypervisor with these labels.
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
   * Among several Firewalls of one target the lower comes first; then by name. Default 100. Impact: reload where it changes an order.
   */
  order?: number
  /**
   * What becomes of traffic that no rule decides, by chain, accept or drop. In at most one Firewall of a target. Default accept.
   */
  policy?: {
    /**
     * Traffic to the target itself, accept or drop.
     */
    input?: string
    /**
     * Traffic through the target, accept or drop.
     */
    forward?: string
    /**
     * Traffic from the target, accept or drop.
     */
    output?: string
  }
  /**
   * Accepts what belongs to a known connection and drops what is invalid, before all rules. Default true where policy is set.
   */
  established?: boolean
  /**
   * Accepts what the target sends to itself. Default true where policy is set.
   */
  loopback?: boolean
  /**
   * ICMP accepted before all rules where policy is set.
   */
  icmp?: {
    /**
     * Messages of IPv4. Default echo-request, destination-unreachable, time-exceeded, parameter-problem.
     *
     * @maxItems 32
     *
     * Items: Name of a message such as echo-request.
     */
    v4?: string[]
    /**
     * Accepts what IPv6 cannot live without (neighbour discovery, packet too big, multicast listening; RFC 4890). Default true; false needs unsafeAllowLockout.
     */
    v6Essential?: boolean
    /**
     * Accepts echo requests of IPv6. Default true.
     */
    v6Echo?: boolean
    /**
     * Most echo requests accepted, for example 10/second. Default without limit.
     */
    echoRate?: string
  }
  /**
   * Named lists of addresses or ports, used in rules as @NAME. Names are letters, digits and underscores, at most 32 characters.
   */
  sets?: {
    /**
     * One set.
     */
    [k: string]:
      | {
          /**
           * What it holds; addresses of one family, of both (mixed), or ports.
           */
          type: 'ipv4' | 'ipv6' | 'mixed' | 'ports'
          /**
           * Addresses, prefixes and intervals low-high, or Container/NAME; ports, ranges low-high and names of services. Needed, but for a set that is external.
           *
           * @maxItems 4096
           *
           * Items: Address, prefix, interval or port.
           */
          elements?: (number | string)[]
          /**
           * Others fill it at run time (fail2ban, a person, with nft add element); what they put in is kept when the table changes, is gone after a boot, and is no drift. Then without elements. Default false.
           */
          external?: boolean
          /**
           * How long what is put in without a timeout of its own stays, 1s to 365d; only of a set that is external. Default for ever.
           */
          timeout?: string
          /**
           * Lets elements overlap. Default false.
           */
          autoMerge?: boolean
        }
      | undefined
  }
  /**
   * Filter rules, in the order in which they are asked.
   *
   * @maxItems 1024
   *
   * Items: One of them.
   */
  rules?: {
    /**
     * Name of the rule, unique on the target; the comment reeve:NAME on the host.
     */
    name: string
    /**
     * Where it is asked; input is traffic to the target itself, forward goes through it, output leaves it.
     */
    chain: 'input' | 'forward' | 'output'
    /**
     * Protocols. Default any.
     */
    protocol?:
      | ('tcp' | 'udp' | 'sctp' | 'dccp' | 'icmp' | 'icmpv6' | 'esp' | 'ah' | 'gre')
      | ('tcp' | 'udp' | 'sctp' | 'dccp' | 'icmp' | 'icmpv6' | 'esp' | 'ah' | 'gre')[]
    /**
     * Destination ports; needs protocol tcp, udp, sctp or dccp.
     */
    ports?: (number | string) | (number | string)[]
    /**
     * Source ports; needs protocol tcp, udp, sctp or dccp.
     */
    sourcePorts?: (number | string) | (number | string)[]
    /**
     * ICMP messages by name; needs protocol icmp or icmpv6.
     *
     * @minItems 1
     * @maxItems 32
     *
     * Items: Name of a message such as echo-request.
     */
    icmpTypes?: string[]
    /**
     * Where it comes from. Default anywhere.
     */
    source?: string | string[]
    /**
     * Where it goes to. Default anywhere.
     */
    destination?: string | string[]
    /**
     * Interface that it comes in by; need not exist yet.
     */
    interface?: string | string[]
    /**
     * Interface that it leaves by; need not exist yet.
     */
    outInterface?: string | string[]
    /**
     * Of the TCP flags in mask, exactly those in set are on; needs protocol tcp.
     */
    tcpFlags?: {
      /**
       * Flags looked at.
       *
       * @minItems 1
       * @maxItems 6
       *
       * Items: TCP flag.
       */
      mask: ('fin' | 'syn' | 'rst' | 'psh' | 'ack' | 'urg')[]
      /**
       * Flags that are on, out of mask.
       *
       * @maxItems 6
       *
       * Items: TCP flag.
       */
      set: ('fin' | 'syn' | 'rst' | 'psh' | 'ack' | 'urg')[]
    }
    /**
     * Matches at most so often; what is beyond goes on to the next rule.
     */
    limit?: {
      /**
       * Packets per time, for example 10/second.
       */
      rate: string
      /**
       * Packets that may come at once. Default 5.
       */
      burst?: number
      /**
       * source counts each source address by itself (of IPv6 each /64). Default all together.
       */
      per?: 'source'
      /**
       * How long a source is remembered after its last packet, 1s to 30d; only with per. Default as long as a used burst needs to fill again, and at least 1m.
       */
      timeout?: string
      /**
       * Most sources remembered at a time; beyond that the rule does not match new ones. Only with per. Default 65535.
       */
      size?: number
    }
    /**
     * State of the connection that it belongs to. Default any.
     *
     * @minItems 1
     * @maxItems 5
     *
     * Items: State of a connection.
     */
    states?: ('new' | 'established' | 'related' | 'invalid' | 'untracked')[]
    /**
     * Also logs what matches, in the kernel's log, before the action.
     */
    log?: {
      /**
       * Start of each line, at most 127 bytes of ASCII without quote, dollar and backslash.
       */
      prefix: string
      /**
       * Most lines per time, for example 5/minute. Default 5/minute.
       */
      rate?: string
      /**
       * Lines that may come at once. Default 10.
       */
      burst?: number
      /**
       * syslog level. Default info.
       */
      level?: 'emerg' | 'alert' | 'crit' | 'err' | 'warn' | 'notice' | 'info' | 'debug'
    }
    /**
     * Counts what matches, for the metrics firewall_rule_packets_total and firewall_rule_bytes_total; starts anew with each change of the table. Default false.
     */
    counter?: boolean
    /**
     * What becomes of it; accept, drop, reject (TCP reset, else ICMP port unreachable), or continue with the next rule, which needs log or counter.
     */
    action: string
  }[]
  /**
   * Translations of addresses, in the order in which they are asked.
   *
   * @maxItems 256
   *
   * Items: One of them.
   */
  nat?: {
    /**
     * Name of the rule, unique on the target; the comment reeve:NAME on the host.
     */
    name: string
    /**
     * masquerade and snat change where it comes from, as it leaves; dnat changes where it goes to, as it comes in.
     */
    type: 'masquerade' | 'snat' | 'dnat'
    /**
     * Where it comes from. Default anywhere.
     */
    source?: string | string[]
    /**
     * The address that is asked for. Default, with dnat, any address of the target.
     */
    destination?: string
    /**
     * Interface that it comes in by (dnat).
     */
    interface?: string | string[]
    /**
     * Interface that it leaves by (masquerade, snat).
     */
    outInterface?: string | string[]
    /**
     * Protocol (dnat). Default tcp.
     */
    protocol?: 'tcp' | 'udp' | 'sctp' | 'dccp'
    /**
     * Port, range low-high, or name of a service that is asked for (dnat).
     */
    port?: number | string
    /**
     * New address, or Container/NAME for the first IPv4 address that it declares; with dnat also ADDRESS:PORT, [ADDRESS]:PORT or Container/NAME:PORT.
     */
    to?: string
    /**
     * The network of the new address also reaches it by the public address (dnat). Default false.
     */
    hairpin?: boolean
    /**
     * That network, for example 10.0.3.0/24. Default the source of a masquerade or snat of this manifest that holds the new address.
     */
    hairpinFrom?: string
    /**
     * The target itself also reaches it by the public address (dnat). Default false.
     */
    localOutput?: boolean
    /**
     * Accepts the redirected traffic in the forward chain (dnat). Default true.
     */
    allowForward?: boolean
    /**
     * Also logs each new connection that is translated, in the kernel's log.
     */
    log?: {
      /**
       * Start of each line, at most 127 bytes of ASCII without quote, dollar and backslash.
       */
      prefix: string
      /**
       * Most lines. Default 5/minute.
       */
      rate?: string
      /**
       * Lines that may come at once. Default 10.
       */
      burst?: number
      /**
       * syslog level. Default info.
       */
      level?: 'emerg' | 'alert' | 'crit' | 'err' | 'warn' | 'notice' | 'info' | 'debug'
    }
  }[]
  /**
   * Logs what a policy of drop denies, in the kernel's log.
   */
  log?: {
    /**
     * Start of each line, at most 127 bytes of ASCII without quote, dollar and backslash.
     */
    prefix: string
    /**
     * Most lines per time, for example 5/minute. Default 5/minute.
     */
    rate?: string
    /**
     * Lines that may come at once. Default 10.
     */
    burst?: number
    /**
     * syslog level. Default info.
     */
    level?: 'emerg' | 'alert' | 'crit' | 'err' | 'warn' | 'notice' | 'info' | 'debug'
  }
  /**
   * How a policy of drop denies.
   */
  deny?: {
    /**
     * drop says nothing; reject answers at once (TCP reset, else ICMP port unreachable). Default drop.
     */
    action?: 'drop' | 'reject'
  }
  /**
   * Others that filter by themselves; what no rule decides is left to their own rules (forward by their bridges and what they redirect, DHCP and DNS of lxc and libvirt). docker is docker0 and br-*, lxc is lxcbr0, libvirt is virbr*.
   *
   * @minItems 1
   * @maxItems 3
   *
   * Items: Who filters by itself.
   */
  coexist?: ('docker' | 'lxc' | 'libvirt')[]
  /**
   * Turns on net.ipv4.ip_forward of the target. Default true where there is nat or a forward rule.
   */
  enableForwarding?: boolean
  /**
   * Proof, before a change is kept, that the target can still be reached; without it the target itself goes back. Impact: none.
   */
  confirm?: {
    /**
     * How long the target waits for the proof, 5s to 10m. Default 30s.
     */
    timeout?: string
    /**
     * Also proven, besides a new SSH connection: HOST:PORT that must answer, asked from the hypervisor.
     *
     * @maxItems 8
     *
     * Items: HOST:PORT, for example 192.0.2.7:443.
     */
    tcp?: string[]
  }
  /**
   * Allows rules that seem to lock Reeve out. The proof by a new connection still decides. Default false. Impact: none.
   */
  unsafeAllowLockout?: boolean
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
    Firewall: FirewallSpec
  }
}
