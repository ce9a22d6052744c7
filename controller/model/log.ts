/** Where adapters and the loop say what they do. Fields first, with the stable keys of report/log.ts; then one line for people. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
