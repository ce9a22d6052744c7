// Generated from controller/system/schema.yaml by `npm run generate`. Do not edit.

export interface SystemSpec {
  /**
   * Kernel settings by their name in sysctl(8), live and at the next boot.
   */
  sysctl?: {
    /**
     * The value as text.
     */
    [k: string]: string | undefined
  }
  /**
   * Debian packages that are installed. They stay when they leave this list.
   *
   * @maxItems 500
   *
   * Items: Name of a package, as Debian has it: without version, option or blank.
   */
  packages?: string[]
  /**
   * Lines of /etc/hosts, kept as one block at its end; all its other lines stay as they are.
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
   * Files that no other kind writes.
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
     * All of its text.
     */
    content: string
    /**
     * Permissions, four octal digits in quotes, for example "0644". Default 0644.
     */
    mode?: string
    /**
     * User and group, for example root:adm. Default root:root.
     */
    owner?: string
  }[]
  /**
   * systemd units that no other kind runs.
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
     * Default Running.
     */
    state?: 'Running' | 'Stopped'
    /**
     * Whether it starts at boot; left as it is where this is absent.
     */
    enabled?: boolean
    /**
     * Paths of system.files that it reads; a change of one reloads it.
     *
     * @maxItems 100
     *
     * Items: Path of a file of system.files.
     */
    loads?: string[]
    /**
     * How it takes a change of these. Default Restart, for which see restarts.
     */
    reload?: 'Reload' | 'Restart'
    /**
     * Words of a command that fails where its files are bad; run before they are loaded.
     *
     * @minItems 1
     * @maxItems 32
     *
     * Items: One word without control characters.
     */
    check?: string[]
  }[]
}
