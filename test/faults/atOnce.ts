/** Mails are what the tests look at: none waits for others. */
export const atOnce = { groupWait: '0s', groupInterval: '0s', keepFiring: '0s' }
