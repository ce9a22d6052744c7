/** What only two machines can show, for a person to type. */
export const across = [
  {
    title: 'a mail through the gateway of he2, and where it went',
    command: `./he2 "echo Hello | lxc-attach -n plpb -- sendmail alice@example.com; sleep 5; lxc-attach -n maila -- tail -n 12 /var/mail/alice"`,
  },
  {
    title: 'the secondary on he2 knows what the primary on he1 was given',
    command: `./he2 "lxc-attach -n maila -- dig +short @192.168.100.3 example.com MX"`,
  },
  {
    title: 'a line that he2 logs lies in the container logs of he1',
    command: `./he2 "logger -p user.notice Hello" && ./he1 "lxc-attach -n logs -- tail -n 1 /var/log/remote/192.168.100.254/he2.log"`,
  },
] as const
