// Generated from controller/system/schema.yaml by `npm run generate`. Do not edit.

export interface SystemSpec {
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
   * Groups of accounts and files. One that leaves this list stays, for files may belong to it. Default none. Impact: none.
   *
   * @maxItems 200
   *
   * Items: A group, by its name. Its members are those that name it in users[].groups.
   */
  groups?: {
    /**
     * Name of the group, small letters, digits, - and _. Impact: none; another name is another group.
     */
    name: string
    /**
     * Its number. Default the next free one. Impact: refused on a group that has another, for its files would be somebody else’s.
     */
    gid?: number
    /**
     * Made with a low number, as that of a daemon. Only read when it is made. Default false. Impact: none.
     */
    system?: boolean
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
     * Absolute path of its home, made where it is missing. Default /home/NAME. Impact: refused on an account that has another.
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
     * All of its supplementary groups, which exist already or are of system.groups; it is taken out of others. Default as they are. Impact: none; counts from the next login on.
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
     * Items: A line of authorized_keys (sshd(8)): type, base64 and a comment, and before them options such as from="192.0.2.0/24",command="…",restrict.
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
   * Sends what programs of the machine mail (cron, smartd, mdadm, mail) by a mail server. Default as it is. Impact: reload of Postfix, else none.
   */
  mailer?: {
    /**
     * postfix keeps what the hub does not take and tries again; msmtp and ssmtp have no queue, and lose it. Default postfix. Impact: none; where another mailer is installed it is refused.
     */
    provider?: 'postfix' | 'msmtp' | 'ssmtp'
    /**
     * The mail server that takes all mail.
     */
    hub: {
      /**
       * Name or address of the mail server; with TLS its certificate must be for it.
       */
      host: string
      /**
       * Its port. Default 465 with Implicit, 587 with StartTls, 25 with None.
       */
      port?: number
      /**
       * Implicit speaks TLS from the first byte, StartTls after a greeting, None not at all. Default StartTls.
       */
      tls?: 'Implicit' | 'StartTls' | 'None'
      /**
       * Certificates that vouch for it, PEM. Default /etc/ssl/certs/ca-certificates.crt.
       */
      caFile?: string
    }
    /**
     * Account at the mail server. Default none.
     */
    auth?: {
      /**
       * Name of the account, for example relay@example.org.
       */
      user: string
      /**
       * Name of the secret that holds its password (secrets/NAME.age).
       */
      secretRef: string
    }
    /**
     * Sender of all mail, whoever sends it (with ssmtp of root's alone). Default each account by its name.
     */
    from?: string
    /**
     * What stands behind @ where a program gives a name alone. Default the machine's own name.
     */
    domain?: string
    /**
     * Address that gets the mail for root.
     */
    root: string
    /**
     * Addresses that get the mail for other local names. Default none; ssmtp knows none.
     *
     * @maxItems 100
     *
     * Items: A local name.
     */
    aliases?: {
      /**
       * Name of a local account, for example ann.
       */
      local: string
      /**
       * Address that gets its mail, for example ann@example.org.
       */
      to: string
    }[]
    /**
     * Senders of single accounts (ssmtp's revaliases). Default none; msmtp knows none.
     *
     * @maxItems 100
     *
     * Items: An account.
     */
    senders?: {
      /**
       * Name of a local account, for example www-data.
       */
      local: string
      /**
       * Sender of its mail, for example web@example.org.
       */
      from: string
    }[]
    /**
     * A word of your own, such as a date. Whenever it changes one test mail goes to root by /usr/sbin/sendmail, as cron and mdadm mail; where the hub does not take it, the manifest says why. Default none. Impact: none.
     */
    test?: string
    /**
     * Whether mail(1) is installed (bsd-mailx), which smartd needs. Default false. Impact: none.
     */
    mailCommand?: boolean
  }
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
     * Paths of system.files that must stand before it starts or loads anything, though a change of one does not concern it. Default none; files that no unit loads are written before all units anyway. Impact: none.
     *
     * @maxItems 100
     *
     * Items: Path of a file of system.files.
     */
    needs?: string[]
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
