/** Mozilla's recommendation for TLS 1.2 (Server Side TLS 5.7, Intermediate), without the ciphers that need a file of DH parameters. OpenSSL has its own list for TLS 1.3. */
export const ciphers =
  'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305'
