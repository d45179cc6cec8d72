/**
 * Plans mails: what is to be sent is a row first, with its address sealed and its bytes frozen.
 * Promises: what a mail is for is planned once, whoever asks and however often; a resend is the same message to the
 * recipient's mailbox. Must never: use the network, or keep an address that can be read without the secret.
 */
import { createHmac } from 'node:crypto';
import type pg from 'pg';
import type { LoadedProgram } from '../model/program.ts';
import * as sql from './mails.sql.ts';
import { readSignedId, signId } from './signed-id.ts';
import type { Letter } from './templates/layout.ts';
import { makeToken, readToken } from './unsubscribe-token.ts';

export type MailKind = 'invitation' | 'contributor' | 'suspension' | 'appeal' | 'sign_in' | 'news' | 'summary';

export interface NewMail {
  /** What it is for: mailed once. */
  readonly key: string;
  readonly to: { readonly address: string; readonly hash: string };
  readonly letter: Letter;
}

export interface OutboxOptions {
  readonly pool: pg.Pool;
  readonly clock: { now(): Promise<Date> };
  readonly publicUrl: string;
  /** Always the same key for the same purpose: the oldest version's. */
  readonly deriveKey: (purpose: string) => Buffer;
  readonly seal: (programNo: number, address: string) => { readonly version: number; readonly sealed: Buffer };
  /** Something is due; resolves at once or when whoever sends was told. */
  readonly wake: (programNo: number) => Promise<void>;
}

export interface Outbox {
  /** Returns the keys that nothing was planned for before, and has them sent. */
  plan(
    loaded: LoadedProgram,
    kind: MailKind,
    personId: bigint,
    mails: readonly NewMail[],
  ): Promise<ReadonlySet<string>>;
  /** Which of these were planned before. */
  known(programNo: number, keys: readonly string[]): Promise<ReadonlySet<string>>;
  unsubscribeUrl(loaded: LoadedProgram, recipientHash: string): string;
  /** Who the token was made for; undefined: it is none of ours. */
  readUnsubscribe(loaded: LoadedProgram, token: string): string | undefined;
  /** Where a suspended member appeals. */
  appealUrl(loaded: LoadedProgram, suspensionId: bigint): string;
  /** Which suspension the token was made for; undefined: it is none of ours. */
  readAppeal(loaded: LoadedProgram, token: string): bigint | undefined;
  /** Nothing that others cause is sent there any more. */
  suppress(programNo: number, recipientHash: string): Promise<void>;
}

export function createOutbox(options: OutboxOptions): Outbox {
  const { pool, clock, publicUrl, deriveKey } = options;
  const tokenKey = ({ program: { program } }: LoadedProgram) => deriveKey(`unsubscribe/${program}`);
  const appealKey = ({ program: { program } }: LoadedProgram) => deriveKey(`appeal/${program}`);
  return {
    plan: (loaded, kind, personId, mails) => plan(options, loaded, { kind, personId, mails }),
    known: async (programNo, keys) => {
      if (keys.length === 0) return new Set();
      const { rows } = await pool.query<{ mail_key: string }>(sql.KNOWN_KEYS, [programNo, keys]);
      return new Set(rows.map((row) => row.mail_key));
    },
    unsubscribeUrl: (loaded, hash) =>
      `${publicUrl}/p/${loaded.program.program}/unsubscribe/${makeToken(tokenKey(loaded), hash)}`,
    readUnsubscribe: (loaded, token) => readToken(tokenKey(loaded), token),
    appealUrl: (loaded, id) => `${publicUrl}/p/${loaded.program.program}/appeal/${signId(appealKey(loaded), id)}`,
    readAppeal: (loaded, token) => readSignedId(appealKey(loaded), token),
    suppress: async (programNo, hash) => {
      await pool.query(sql.SUPPRESS, [programNo, hash, await clock.now()]);
    },
  };
}

interface Planned {
  readonly kind: MailKind;
  readonly personId: bigint;
  readonly mails: readonly NewMail[];
}

async function plan(
  { pool, clock, deriveKey, seal, wake }: OutboxOptions,
  { no, program }: LoadedProgram,
  { kind, personId, mails }: Planned,
): Promise<ReadonlySet<string>> {
  if (mails.length === 0) return new Set();
  const idKey = deriveKey(`message-id/${program.program}`);
  const domain = program.product.supportEmail.split('@').at(-1) ?? program.program;
  const messageId = (key: string) =>
    `<${createHmac('sha256', idKey).update(key).digest('hex').slice(0, 40)}@${domain}>`;
  const sealed = mails.map(({ to }) => seal(no, to.address));
  const { rows } = await pool.query<{ mail_key: string }>(sql.PLAN, [
    no,
    kind,
    personId,
    await clock.now(),
    mails.map(({ key }) => key),
    mails.map(({ to }) => to.hash),
    sealed.map(({ version }) => version),
    sealed.map((each) => each.sealed),
    mails.map(({ key }) => messageId(key)),
    mails.map(({ letter }) => letter.subject),
    mails.map(({ letter }) => letter.text),
    mails.map(({ letter }) => letter.html),
  ]);
  if (rows.length > 0) await wake(no);
  return new Set(rows.map((row) => row.mail_key));
}
