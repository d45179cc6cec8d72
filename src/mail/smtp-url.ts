/**
 * SMTP_URL, taken apart.
 * Promises: the scheme says how the connection is secured: smtps:// is TLS from the first byte, smtp:// is STARTTLS
 * where the server offers it; a password leaves this machine only through TLS whose certificate was checked. Must
 * never: quote the URL, which holds that password.
 */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte. */
  readonly secure: boolean;
  /** Without a checked certificate nothing is sent. */
  readonly mustEncrypt: boolean;
  readonly auth: { readonly user: string; readonly pass: string } | undefined;
}

const PORT_SUBMISSION = 587;
const PORT_SUBMISSION_TLS = 465;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

export function parseSmtpUrl(text: string): SmtpServer | { readonly problem: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^smtps?:$/.test(url.protocol) || url.hostname === '')
    return { problem: 'must be an smtp:// or smtps:// URL, as smtps://user:password@mail.example.com' };
  if ((url.pathname !== '' && url.pathname !== '/') || url.search !== '' || url.hash !== '')
    return { problem: 'must end with the host or the port; there are no options' };
  if ((url.username === '') !== (url.password === ''))
    return { problem: 'must have both a user and a password, or neither' };
  if (url.port === '0') return { problem: 'must have a port above 0' };
  const auth = credentials(url);
  if (auth === 'unreadable') return { problem: 'has a user or password that is not percent-encoded' };
  const secure = url.protocol === 'smtps:';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    host,
    port: url.port === '' ? (secure ? PORT_SUBMISSION_TLS : PORT_SUBMISSION) : Number(url.port),
    secure,
    mustEncrypt: secure || (auth !== undefined && !LOOPBACK.test(host)),
    auth,
  };
}

function credentials(url: URL): SmtpServer['auth'] | 'unreadable' {
  if (url.username === '') return undefined;
  try {
    return { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
  } catch {
    return 'unreadable';
  }
}
