/**
 * A mail server on loopback that keeps what arrives, and misbehaves when told to.
 * Promises: a real SMTP conversation, with STARTTLS and a certificate that nobody signed; what arrives is parsed as a
 * mail program would. Must never: be imported by src.
 */
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

/** `lose`: the mail has arrived, and the connection breaks before anybody says so. */
export type SmtpMode = 'ok' | 'refuse' | 'refuse_data' | 'busy' | 'login' | 'lose';

export interface Arrived {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
  readonly mail: Email;
  /** Value of a header, unfolded; several of one name are a fault. */
  header(name: string): string | undefined;
}

export interface FakeSmtp {
  readonly url: string;
  mode: SmtpMode;
  readonly arrived: Arrived[];
  /** How many mails were begun, whatever came of them. */
  readonly tries: () => number;
  /** By recipient. */
  readonly to: (address: string) => Arrived[];
  /** Resolves with so many mails arrived. */
  readonly count: (least: number) => Promise<Arrived[]>;
  close(): Promise<void>;
}

const ANSWERS = { refuse: 550, busy: 451, login: 530 } as const;

export async function startFakeSmtp(options: { port?: number } = {}): Promise<FakeSmtp> {
  let tries = 0;
  const waiting: (() => void)[] = [];
  const server = new SMTPServer({
    logger: false,
    authOptional: true,
    onRcptTo: (_address, _session, callback) => {
      tries++;
      const code = smtp.mode in ANSWERS ? ANSWERS[smtp.mode as keyof typeof ANSWERS] : undefined;
      callback(code ? Object.assign(new Error('not here'), { responseCode: code }) : undefined);
    },
    onData: (stream, session, callback) => {
      void buffer(stream).then(async (bytes) => {
        if (smtp.mode === 'refuse_data') return callback(Object.assign(new Error('no spam'), { responseCode: 554 }));
        const mail = await PostalMime.parse(bytes);
        smtp.arrived.push({
          from: session.envelope.mailFrom ? session.envelope.mailFrom.address : '',
          to: session.envelope.rcptTo.map(({ address }) => address),
          raw: bytes.toString('utf8'),
          mail,
          header: (name) => onlyOne(mail, name),
        });
        for (const wake of waiting.splice(0)) wake();
        if (smtp.mode !== 'lose') return callback();
        smtp.mode = 'ok';
        for (const { _socket: socket } of server.connections) socket.destroy();
      });
    },
  });
  // A client that goes away in the middle is no fault of the test.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const smtp: FakeSmtp = {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    mode: 'ok',
    arrived: [],
    tries: () => tries,
    to: (address) => smtp.arrived.filter(({ to }) => to.includes(address)),
    count: async (least) => {
      while (smtp.arrived.length < least) await new Promise<void>((resolve) => waiting.push(resolve));
      return smtp.arrived;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const { _socket: socket } of server.connections) socket.destroy();
      }),
  };
  return smtp;
}

function onlyOne({ headers }: Email, name: string): string | undefined {
  const found = headers.filter(({ key }) => key === name.toLowerCase());
  if (found.length > 1) throw new Error(`${name} stands there ${found.length} times`);
  return found[0]?.value;
}
