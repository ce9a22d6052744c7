/** A mail as the program means it; sender, recipients and server are the mail adapter's settings. */
export interface Mail {
  /** [A-Za-z0-9.-]{1,100}: becomes the Message-ID and the spool file. The same mail always has the same id, so it is sent once. */
  readonly id: string
  /** Ids of earlier mails of the same cause, oldest first. */
  readonly references: readonly string[]
  /** One line; other lines are cut off. */
  readonly subject: string
  /** Plain text. */
  readonly text: string
  /** Its own receivers; absent: those of all alerts. */
  readonly to?: readonly string[]
  /** Several controllers could send it: one of them does. */
  readonly isShared?: true
}
