// Generated from crds/proxy.yaml by `npm run generate`. Do not edit.

/**
 * What it serves.
 */
export interface ProxySpec {
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
   * What serves. Default nginx.
   */
  provider?: 'nginx'
  /**
   * Debian package of nginx. Default nginx-light.
   */
  package?: 'nginx-light' | 'nginx' | 'nginx-full' | 'nginx-extras'
  /**
   * Switches the distribution's default site off (its link in sites-enabled), and on again when this manifest goes. Default false.
   */
  replaceDistroDefault?: boolean
  /**
   * Virtual hosts.
   *
   * @minItems 1
   * @maxItems 200
   *
   * Items: A virtual host. It has exactly one of upstream, root and respond.
   */
  vhosts: {
    /**
     * Its name in Reeve, unique on the target; its file is vhost-NAME.conf.
     */
    name: string
    /**
     * Host names that it answers to; *.example.com and .example.com as nginx means them. International names are written as people do.
     *
     * @maxItems 100
     *
     * Items: A host name.
     */
    serverNames?: string[]
    /**
     * Answers to all other names on its port. Without such a vhost strangers are refused. Default false.
     */
    default?: boolean
    /**
     * Where it listens.
     */
    listen?: {
      /**
       * Port for plain HTTP. Default 80.
       */
      http?: number
      /**
       * Local addresses. Default 0.0.0.0 and ::, which are all.
       *
       * @minItems 1
       * @maxItems 16
       *
       * Items: IPv4 or IPv6 address.
       */
      addresses?: string[]
    }
    /**
     * Servers that requests are passed on to.
     */
    upstream?: {
      /**
       * In turn; one that fails is left out for ten seconds.
       *
       * @minItems 1
       * @maxItems 64
       *
       * Items: A server, by exactly one of container and address.
       */
      servers: {
        /**
         * Name of a Container; its first declared IPv4 address is taken.
         */
        container?: string
        /**
         * IPv4 or IPv6 address.
         */
        address?: string
        /**
         * TCP port.
         */
        port: number
        /**
         * Asked only while the others fail. Default false.
         */
        backup?: boolean
      }[]
    }
    /**
     * Directory of static files.
     */
    root?: string
    /**
     * A fixed answer.
     */
    respond?: {
      /**
       * HTTP status.
       */
      status: number
      /**
       * Text of the answer.
       */
      body?: string
      /**
       * Default text/plain.
       */
      contentType?: string
    }
    /**
     * Paths that are served otherwise.
     *
     * @maxItems 100
     *
     * Items: A path and all below it. It has exactly one of root and respond.
     */
    locations?: {
      /**
       * Begins with /.
       */
      path: string
      /**
       * Directory; the whole path of the request is looked up in it.
       */
      root?: string
      /**
       * A fixed answer.
       */
      respond?: {
        /**
         * HTTP status.
         */
        status: number
        /**
         * Text of the answer.
         */
        body?: string
        /**
         * Default text/plain.
         */
        contentType?: string
      }
    }[]
    /**
     * Headers of requests that are passed on, and of answers.
     */
    headers?: {
      /**
       * What the upstream sees as Host, the client's or its own address. Default Client.
       */
      host?: 'Client' | 'Upstream'
      /**
       * Send X-Real-IP. Default true.
       */
      realIp?: boolean
      /**
       * X-Forwarded-For; Replace sends the client's address alone and Append trusts what came. Default Replace.
       */
      forwardedFor?: 'Replace' | 'Append'
      /**
       * Send X-Forwarded-Proto. Default true.
       */
      forwardedProto?: boolean
      /**
       * Headers added to every answer. $$ is a dollar; $host, $remote_addr, $scheme, $request_id, $server_name and $server_port are nginx's.
       */
      set?: {
        /**
         * Value.
         */
        [k: string]: string | undefined
      }
    }
    /**
     * Pass on upgrades of the connection. Default true.
     */
    websockets?: boolean
    /**
     * Bounds for one request.
     */
    limits?: {
      /**
       * Largest request body, bytes or with Ki, Mi, Gi; 0 is no bound. nginx's default is 1Mi.
       */
      bodySize?: string
      /**
       * Time for the upstream to take the connection, for example 5s; at most 75s.
       */
      connect?: string
      /**
       * Longest silence of the upstream.
       */
      read?: string
      /**
       * Longest time in which the upstream takes nothing.
       */
      send?: string
    }
    /**
     * Log of requests. Without it nginx's own.
     */
    accessLog?: {
      /**
       * File.
       */
      server: string
      /**
       * Whether requests that are passed on are logged too. Default On.
       */
      proxied?: 'On' | 'Off'
    }
    /**
     * Question to this vhost that shows its health, asked from the controller; it never undoes a change.
     */
    probe?: {
      /**
       * Default /.
       */
      path?: string
      /**
       * Host header. Default the first server name.
       */
      host?: string
      /**
       * Statuses that are well. Default 200, 301, 302, 304.
       *
       * @minItems 1
       * @maxItems 20
       *
       * Items: HTTP status.
       */
      expectStatus?: number[]
      /**
       * Text that the answer must contain.
       */
      expectBody?: string
    }
  }[]
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
   * When restarts and outages are allowed.
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
   * Whether a change may restart or interrupt what runs. Default InWindow with a maintenanceWindow, else Never.
   */
  restarts?: 'Never' | 'InWindow' | 'Always'
  /**
   * When the manifest goes, Delete removes its files and puts the distribution's default site back (the package stays) and Retain leaves them. Default Delete.
   */
  deletionPolicy?: 'Retain' | 'Delete'
  /**
   * What exists and is not Reeve's is taken over if equal (IfEqual), also if different (Replace), or never (Never). Default IfEqual.
   */
  adopt?: 'IfEqual' | 'Replace' | 'Never'
}

declare module '../../model/fleet.ts' {
  interface KindSpecs {
    Proxy: ProxySpec
  }
}
