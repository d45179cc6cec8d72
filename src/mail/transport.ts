/**
 * One mail to one mail server, or without one into a folder.
 * Promises: one try, no repetition of its own; says what is certain about it; ends by the deadline. Must never: throw
 * for what a network or a server may do, tell the server's words (they quote addresses), or read files or URLs that a
 * mail names.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { maskEmail } from '../model/email.ts';
import { lazily } from '../model/lazily.ts';
import type { SmtpServer } from './smtp-url.ts';
import type { MailAnswer } from './verdict.ts';

export interface Message {
  /** For the log and the folder: the program and the mail's id. */
  readonly name: string;
  readonly from: { readonly name: string; readonly address: string };
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly messageId: string;
  readonly date: Date;
  /** RFC 8058; absent from mails about one's own account. */
  readonly unsubscribeUrl: string | undefined;
}

export interface Transport {
  send(message: Message, signal: AbortSignal): Promise<MailAnswer>;
  /** Ends the connections; a try under way comes to its end. */
  close(): void;
}

/** Connections to the mail server, of this process. */
export const CONNECTIONS = 4;
const STEP_MS = 10_000;
const SOCKET_MS = 30_000;
/** Neither a file nor a URL can come out of what members write; a second lock on that door. */
const NO_OUTSIDE = { disableFileAccess: true, disableUrlAccess: true };

/** Read with the first mail: it holds 12 MB, and a service may run for weeks without one. */
const nodemailer = () => import('nodemailer');

export function smtpTransport(server: SmtpServer): Transport {
  const { host, port, secure, mustEncrypt, auth } = server;
  const mailer = lazily(async () => {
    const { createTransport } = await nodemailer();
    const pool = createTransport({
      pool: true,
      host,
      port,
      secure,
      ...(auth ? { auth } : {}),
      requireTLS: mustEncrypt && !secure,
      // Where nothing secret is at stake, TLS with whatever certificate is better than none.
      tls: { rejectUnauthorized: mustEncrypt },
      maxConnections: CONNECTIONS,
      maxRequeues: 0,
      connectionTimeout: STEP_MS,
      greetingTimeout: STEP_MS,
      dnsTimeout: STEP_MS,
      socketTimeout: SOCKET_MS,
      ...NO_OUTSIDE,
    });
    // A connection that breaks between two mails; whoever sends next gets another.
    return pool.on('error', () => {});
  });
  return {
    send: async (message, signal) => {
      try {
        await (await mailer.get()).sendMail({ ...nodemailerMessage(message), signal });
        return { answer: 'accepted' };
      } catch (error) {
        return answerOf(error as SmtpError);
      }
    },
    close: () => void mailer.made()?.then((made) => made.close()),
  };
}

interface SmtpError {
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
}

/** The server wants another login: our fault, and nothing about the mail. */
const AUTH_CODES: ReadonlySet<number> = new Set([530, 534, 535, 538]);
const SERVICE_CLOSING = 421;

/** Only what was answered to the mail itself is about the mail. */
function answerOf({ code, command, responseCode }: SmtpError): MailAnswer {
  const detail = [code, command, responseCode].filter((part) => part !== undefined).join(' ') || 'unknown';
  const isOfMail = (code === 'EENVELOPE' || code === 'EMESSAGE') && !AUTH_CODES.has(responseCode ?? 0);
  // Without a code nodemailer itself found the mail wrong, and will find it so again.
  if (isOfMail && (responseCode === undefined || responseCode >= 500)) return { answer: 'refused', detail };
  return { answer: 'later', detail, away: !isOfMail || responseCode === SERVICE_CLOSING };
}

/** Mails as `.eml` files, one each, for a service without a mail server. */
export function folderTransport(folder: string, log: (fields: object, message: string) => void): Transport {
  const mailer = lazily(async () => {
    const { createTransport } = await nodemailer();
    return createTransport({ streamTransport: true, buffer: true, newline: 'windows', ...NO_OUTSIDE });
  });
  return {
    send: async (message) => {
      try {
        const { message: bytes } = await (await mailer.get()).sendMail(nodemailerMessage(message));
        await mkdir(folder, { recursive: true, mode: 0o700 });
        const file = path.join(folder, `${message.name}.eml`);
        const temporary = `${file}.${randomUUID()}`;
        await writeFile(temporary, bytes as Buffer, { mode: 0o600, flag: 'wx' });
        await rename(temporary, file);
        log({ mail: message.name, recipient: maskEmail(message.to), file }, 'mail written to the outbox folder');
        return { answer: 'accepted' };
      } catch (error) {
        return { answer: 'later', detail: (error as NodeJS.ErrnoException).code ?? 'unknown', away: true };
      }
    },
    close: () => void mailer.made()?.then((made) => made.close()),
  };
}

function nodemailerMessage(message: Message) {
  const { from, to, subject, text, html, messageId, date, unsubscribeUrl } = message;
  return {
    from,
    to: { name: '', address: to },
    subject,
    text,
    html,
    messageId,
    date,
    headers: {
      'Auto-Submitted': 'auto-generated',
      ...(unsubscribeUrl === undefined
        ? {}
        : {
            // Not folded: some readers take a link as it stands on one line.
            'List-Unsubscribe': { prepared: true, foldLines: false, value: `<${unsubscribeUrl}>` },
            'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
          }),
    },
  };
}
