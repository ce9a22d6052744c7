/** Type of a public key → lengths of the fields after its name, in bytes; undefined: any (RFC 4253 6.6, RFC 5656, RFC 8709, OpenSSH PROTOCOL.u2f). */
const types: Readonly<Record<string, readonly (number | undefined)[]>> = {
  'ssh-ed25519': [32],
  'ssh-rsa': [undefined, undefined],
  'ecdsa-sha2-nistp256': [8, 65],
  'ecdsa-sha2-nistp384': [8, 97],
  'ecdsa-sha2-nistp521': [8, 133],
  'sk-ssh-ed25519@openssh.com': [32, undefined],
  'sk-ecdsa-sha2-nistp256@openssh.com': [8, 65, undefined],
}
/** Of RSA, in bytes of the modulus: below 2048 bits sshd(8) takes none by default soon, and none should. */
const leastModulus = 256

/** Why a text is no line of authorized_keys that may be used (sshd(8)); undefined where it is one. */
export function keyProblem(text: string): string | undefined {
  if (/PRIVATE KEY/.test(text)) return 'this is a private key: take it out of Git now, and make a new one'
  if (!/^[\x20-\x7e]+$/.test(text)) return 'a key is one line of ASCII'
  const [type = '', base64 = ''] = text.split(' ')
  const lengths = types[type]
  if (type === 'ssh-dss') return 'keys of DSA are not safe, and no sshd takes them any more'
  if (lengths === undefined) return 'it does not begin with the type of a key, such as ssh-ed25519'
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return `this is no ${type} public key: its second word is not base64`
  const fields = fieldsOf(Buffer.from(base64, 'base64'))
  const isWhole = fields?.length === lengths.length + 1 && fields[0]?.toString('latin1') === type
  if (!isWhole || !lengths.every((length, index) => length === undefined || fields[index + 1]?.length === length))
    return `this is no ${type} public key: it is cut, or damaged`
  // A number whose first bit is set has a zero before it (RFC 4251 5).
  const modulus = type === 'ssh-rsa' ? (fields[2] ?? Buffer.alloc(0)).subarray(fields[2]?.[0] === 0 ? 1 : 0).length : leastModulus
  return modulus < leastModulus ? `a key of RSA must have 2048 bits or more, this one has ${modulus * 8}` : undefined
}

/** Fields of a blob, each with its length before it (RFC 4251 5). */
function fieldsOf(blob: Buffer): readonly Buffer[] | undefined {
  const fields: Buffer[] = []
  let at = 0
  while (at < blob.length) {
    if (at + 4 > blob.length) return undefined
    const end = at + 4 + blob.readUInt32BE(at)
    if (end > blob.length) return undefined
    fields.push(blob.subarray(at + 4, end))
    at = end
  }
  return fields
}
