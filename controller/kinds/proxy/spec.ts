// Generated from crds/proxy.yaml by `npm run generate`. Do not edit.

/**
 * What it serves. Impact: reload.
 */
export interface ProxySpec {
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
   * What serves. A field that it does not implement is an error. Default nginx. Impact: the files of the old one go, those of the new one are made.
   */
  provider?: 'nginx' | 'apache' | 'varnish'
  /**
   * Debian package of nginx. Default nginx-light. The old one stays installed. Impact: none.
   */
  package?: 'nginx-light' | 'nginx' | 'nginx-full' | 'nginx-extras'
  /**
   * What varnish keeps of answers.
   */
  cache?: {
    /**
     * Memory for it, with Ki, Mi or Gi; at least 16Mi. Without it 256Mi. Impact: restart.
     */
    memory: string
  }
  /**
   * Switches the distribution's default site off (its link in sites-enabled), and on again when this manifest goes. Default false.
   */
  replaceDistroDefault?: boolean
  /**
   * Proxies in front of this one. Who the client is, is taken from a header of theirs, and of nobody else's.
   */
  trustedProxies?: {
    /**
     * Where they ask from.
     *
     * @minItems 1
     * @maxItems 256
     *
     * Items: IPv4 or IPv6 address, or a network such as 10.0.0.0/8.
     */
    addresses: string[]
    /**
     * The header that names the client. Default X-Forwarded-For, of which the last address counts that is not trusted.
     */
    header?: 'X-Forwarded-For' | 'X-Real-IP' | 'CF-Connecting-IP'
  }
  /**
   * Virtual hosts.
   *
   * @minItems 1
   * @maxItems 200
   *
   * Items: A virtual host. It has exactly one of upstream, wildcard, root, respond and redirect.
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
       * Port for plain HTTP. Default 80. Impact: reload; restart with varnish.
       */
      http?: number
      /**
       * Port for HTTPS, with tls. Default 443.
       */
      https?: number
      /**
       * Local addresses. Default 0.0.0.0 and ::, which are all. Impact: reload with nginx and apache, undone where only a restart could load it; restart with varnish.
       *
       * @minItems 1
       * @maxItems 16
       *
       * Items: IPv4 or IPv6 address.
       */
      addresses?: string[]
    }
    /**
     * Serves HTTPS too, with a certificate that somebody else keeps on the target.
     */
    tls?: {
      /**
       * PEM file on the target, the certificate first and what it was signed with after it. Reeve only reads it.
       */
      certificate: string
      /**
       * PEM file of its key on the target. Reeve does not touch it.
       */
      key: string
      /**
       * Protocols and ciphers as Mozilla recommends them; Intermediate is TLS 1.2 and 1.3, Modern is TLS 1.3 alone. One for all vhosts of a port. Default Intermediate.
       */
      profile?: 'Intermediate' | 'Modern'
      /**
       * Plain HTTP is sent on to HTTPS (308). False serves the same on both. Default true.
       */
      redirect?: boolean
      /**
       * Directory whose files below /.well-known/acme-challenge/ are served over plain HTTP despite redirect, so that a certificate can be renewed.
       */
      challengeRoot?: string
      /**
       * Sends along what the certificate's authority says of it (OCSP stapling, RFC 6066 8), for authorities that still answer. Default none. Impact: reload.
       */
      stapling?: {
        /**
         * Addresses of name servers, for nginx to find the authority.
         *
         * @minItems 1
         * @maxItems 8
         *
         * Items: IPv4 or IPv6 address.
         */
        resolvers: string[]
        /**
         * PEM file on the target with the authority's certificates, to judge its answer. Without it the answer is passed on as it is.
         */
        trusted?: string
      }
      /**
       * Tells browsers to use HTTPS only (RFC 6797). It cannot be taken back before maxAge is over.
       */
      hsts?: {
        /**
         * How long browsers keep to it, for example 365d.
         */
        maxAge: string
        /**
         * Also for all names below. Default false.
         */
        includeSubDomains?: boolean
        /**
         * Consent to being built into browsers. Default false.
         */
        preload?: boolean
      }
    }
    /**
     * Each name directly below a suffix is passed on to an address of its own; all other names below it are answered 404.
     */
    wildcard?: {
      /**
       * The part that all names share, such as example.com. Impact: reload.
       */
      suffix: string
      /**
       * First label of a name, and the IPv4 address and port that it is passed on to, such as ve1 with 192.168.1.2:80. Default none. Impact: none with apache, which reads them again by itself, reload with nginx.
       */
      entries?: {
        /**
         * IPv4 address and port.
         */
        [k: string]: string | undefined
      }
      /**
       * Every Container with these labels, under its manifest's name and at its first declared IPv4 address. Default none. Impact: as of entries.
       */
      fromContainers?: {
        /**
         * Labels that a Container has, all of them.
         */
        matchLabels: {
          /**
           * Value.
           */
          [k: string]: string | undefined
        }
        /**
         * TCP port in each.
         */
        port: number
      }
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
        /**
         * Its share of the requests, against those of the others. Default 1.
         */
        weight?: number
      }[]
      /**
       * Who is asked next; ClientAddress asks the same server for the same client. Default RoundRobin.
       */
      balance?: 'RoundRobin' | 'LeastConnections' | 'ClientAddress'
      /**
       * Idle connections that each worker keeps open; 0 is none. Default 16.
       */
      keepalive?: number
      /**
       * Asks the servers by HTTPS and judges their certificate. Impact: reload.
       */
      tls?: {
        /**
         * The name that the certificate must be for; sent as SNI.
         */
        serverName: string
        /**
         * PEM file on the target with the authorities that are believed. Default /etc/ssl/certs/ca-certificates.crt.
         */
        trusted?: string
        /**
         * Whether it is judged; false takes any certificate, and so anybody in between. Default true.
         */
        verify?: boolean
      }
    }
    /**
     * Directory of static files, for example /srv/www.
     */
    root?: string
    /**
     * Files that stand for a directory, with root. Default index.html.
     *
     * @minItems 1
     * @maxItems 10
     *
     * Items: Name of a file.
     */
    index?: string[]
    /**
     * Path that is served instead of what is not there, with the same query, with root. Without it the answer is 404.
     */
    fallback?: string
    /**
     * Sends the client elsewhere.
     */
    redirect?: {
      /**
       * An http or https URL, or a path on the same host.
       */
      to: string
      /**
       * 301, 302, 307 or 308; 307 and 308 keep the method. Default 308.
       */
      status?: 301 | 302 | 307 | 308
      /**
       * Adds path and query of the request; to is then scheme and host alone. Default false.
       */
      keepPath?: boolean
    }
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
       * Media type of the text, for example text/html; charset=utf-8. Default text/plain.
       */
      contentType?: string
    }
    /**
     * Paths that are served otherwise.
     *
     * @maxItems 100
     *
     * Items: A path. It has exactly one of upstream, root, respond, redirect and fastcgi.
     */
    locations?: {
      /**
       * Begins with /; with match Suffix it is the end of a file name, such as .php.
       */
      path: string
      /**
       * Prefix is the path and all that begins with it (the longest one wins), Exact the path alone, Suffix all that ends so and lies in no Prefix. Default Prefix.
       */
      match?: 'Prefix' | 'Exact' | 'Suffix'
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
          /**
           * Its share of the requests, against those of the others. Default 1.
           */
          weight?: number
        }[]
        /**
         * Who is asked next; ClientAddress asks the same server for the same client. Default RoundRobin.
         */
        balance?: 'RoundRobin' | 'LeastConnections' | 'ClientAddress'
        /**
         * Idle connections that each worker keeps open; 0 is none. Default 16.
         */
        keepalive?: number
        /**
         * Asks the servers by HTTPS and judges their certificate. Impact: reload.
         */
        tls?: {
          /**
           * The name that the certificate must be for; sent as SNI.
           */
          serverName: string
          /**
           * PEM file on the target with the authorities that are believed. Default /etc/ssl/certs/ca-certificates.crt.
           */
          trusted?: string
          /**
           * Whether it is judged; false takes any certificate, and so anybody in between. Default true.
           */
          verify?: boolean
        }
      }
      /**
       * Directory; the whole path of the request is looked up in it.
       */
      root?: string
      /**
       * Files that stand for a directory, with root. Default index.html.
       *
       * @minItems 1
       * @maxItems 10
       *
       * Items: Name of a file.
       */
      index?: string[]
      /**
       * Path that is served instead of what is not there, with the same query, with root. Without it the answer is 404.
       */
      fallback?: string
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
         * Media type of the text, for example text/html; charset=utf-8. Default text/plain.
         */
        contentType?: string
      }
      /**
       * Sends the client elsewhere.
       */
      redirect?: {
        /**
         * An http or https URL, or a path on the same host.
         */
        to: string
        /**
         * 301, 302, 307 or 308; 307 and 308 keep the method. Default 308.
         */
        status?: 301 | 302 | 307 | 308
        /**
         * Adds path and query of the request; to is then scheme and host alone. Default false.
         */
        keepPath?: boolean
      }
      /**
       * Passes requests to a FastCGI server, such as PHP's.
       */
      fastcgi?: {
        /**
         * Its socket on the target, such as /run/php/php8.2-fpm.sock.
         */
        socket: string
        /**
         * Directory of the scripts; a script that is not there is 404. Default the root of the vhost.
         */
        root?: string
        /**
         * The one script that answers all. Without it, the file that the request names.
         */
        script?: string
      }
      /**
       * Headers of this path beside those of the vhost; the same name replaces the vhost's. Impact: reload.
       */
      headers?: {
        /**
         * Headers added to every request that is passed on to an upstream; values as in set. One with an empty value is taken away.
         */
        request?: {
          /**
           * Value.
           */
          [k: string]: string | undefined
        }
        /**
         * Headers of answers that are kept from the client.
         *
         * @maxItems 50
         *
         * Items: Name of a header.
         */
        hide?: string[]
        /**
         * Headers added to every answer. $$ is a dollar; $host, $remote_addr, $scheme, $request_id, $server_name and $server_port are nginx's. One with an empty value is not sent.
         */
        set?: {
          /**
           * Value.
           */
          [k: string]: string | undefined
        }
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
       * Headers added to every request that is passed on to an upstream; values as in set. One with an empty value is taken away.
       */
      request?: {
        /**
         * Value.
         */
        [k: string]: string | undefined
      }
      /**
       * Headers of answers that are kept from the client.
       *
       * @maxItems 50
       *
       * Items: Name of a header.
       */
      hide?: string[]
      /**
       * Headers added to every answer. $$ is a dollar; $host, $remote_addr, $scheme, $request_id, $server_name and $server_port are nginx's. One with an empty value is not sent.
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
      /**
       * Longest silence of the client while it sends a body or takes an answer.
       */
      client?: string
      /**
       * Connections of one client at a time; more are answered 429.
       */
      connections?: number
      /**
       * How often one client may ask; more is answered 429.
       */
      requests?: {
        /**
         * For example 10r/s, or 30r/m.
         */
        rate: string
        /**
         * Requests above the rate that are let through at once. Default 0.
         */
        burst?: number
      }
    }
    /**
     * Log of requests. Without it nginx's own.
     */
    accessLog?: {
      /**
       * File, for example /var/log/nginx/app.log.
       */
      server: string
      /**
       * Combined is the usual one; Json is one object a line, with the times taken. Default Combined.
       */
      format?: 'Combined' | 'Json'
      /**
       * Whether requests that are passed on are logged too. Default On.
       */
      proxied?: 'On' | 'Off'
    }
    /**
     * Question to this vhost that shows its health, asked from the controller; it never undoes a change. Varnish asks its servers the same. Impact: none; reload with varnish.
     */
    probe?: {
      /**
       * Path that is asked for. Default /.
       */
      path?: string
      /**
       * Host header. Default the first server name.
       */
      host?: string
      /**
       * Statuses that are well. Default 200, 301, 302, 304, 307, 308.
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
   * When the manifest goes, Delete removes its files and puts the distribution's default site back (the package stays) and Retain leaves them. Default Delete. Impact: none.
   */
  deletionPolicy?: 'Retain' | 'Delete'
  /**
   * What exists and is not Reeve's is taken over if equal (IfEqual), also if different (Replace), or never (Never). Default IfEqual. Impact: none.
   */
  adopt?: 'IfEqual' | 'Replace' | 'Never'
}

declare module '../../model/fleet.ts' {
  interface KindSpecs {
    Proxy: ProxySpec
  }
}
