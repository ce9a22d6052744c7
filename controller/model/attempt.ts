/**
 * What came of a try to reach a hypervisor. `reached`: it let us in, and answered · `unreachable`: no connection, or one that ended before anybody was let in: another machine may have a
 * better way · `denied`: whatever else (a refused key, another host key than the pinned one, an answer that broke off or makes no sense): it would be so from anywhere, or is a matter for people.
 */
export type Attempt =
  | { readonly status: 'reached' }
  | { readonly status: 'unreachable'; readonly because: string }
  | { readonly status: 'denied'; readonly because: string }
