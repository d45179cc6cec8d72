// A program that invites by mail, on the whole service, with a mail server of the test's own.
import request from 'supertest';
import type { Deps } from '../../src/http/deps.ts';
import { type FakeSmtp, startFakeSmtp } from '../support/fake-smtp.ts';
import { type HttpTest, START, startHttp } from '../support/http.ts';
import { client, tokenFor } from '../support/member.ts';

export const KORTIX = `
name: Kortix
product:
  home_url: https://kortix.example/
  signup_url: https://app.kortix.example/auth
  support_email: support@kortix.example
  description: Kortix builds AI agents that work for you.
  logo: https://kortix.example/logo.png
  colors: { accent: "#4f46e5" }
unit: { kind: money, currency: usd, shown_as: { name: credits, per: 0.01 } }
rewards:
  referee_credit: { to: referee, when: signup, amount: 1.00 }
auth: { jwt: { secret: "\${JWT_SECRET}" } }
`;

export interface SceneOptions {
  /** Lines of the program file. */
  readonly invites?: string;
  readonly smtpUrl?: string;
  readonly changes?: Partial<Deps>;
}

export interface Scene {
  readonly http: HttpTest;
  readonly smtp: FakeSmtp;
  member(name: string, claims?: object): Promise<Member>;
  /** To another time; without one, what is due now. */
  advance(minutes?: number): Promise<void>;
  /** Presses the button of the page, or the one of the mail program. */
  unsubscribe(url: string, body?: string): request.Test;
  /** To whom something arrived, sorted. */
  recipients(): string[];
  states(): Promise<string[]>;
  close(): Promise<void>;
}

export interface Member {
  readonly token: string;
  readonly code: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field, as a client would
  invite(emails: readonly unknown[], note?: unknown): Promise<{ status: number; body: any; headers: any }>;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  invited(query?: string): Promise<any>;
}

export async function startScene(options: SceneOptions = {}): Promise<Scene> {
  const smtp = await startFakeSmtp();
  const http = await startHttp(
    options.changes ?? {},
    { SMTP_URL: options.smtpUrl ?? smtp.url },
    { kortix: `${KORTIX}${options.invites ?? ''}\n` },
  );
  const call = client(http.app);
  let now = START;
  return {
    http,
    smtp,
    member: async (name, claims = {}) => {
      const token = await tokenFor(name, { email: `${name}@example.com`, name, ...claims });
      const at = { token, program: 'kortix' };
      const { code } = (await call('get', '/me', at)).body;
      return {
        token,
        code,
        invite: (emails, note) =>
          call('post', '/me/invites', { ...at, body: { emails, ...(note === undefined ? {} : { note }) } }),
        invited: async (query = '') => (await call('get', `/me/invites${query}`, at)).body,
      };
    },
    advance: async (minutes = 0) => {
      now = new Date(now.getTime() + minutes * 60_000);
      await http.deps.advanceClock(now);
    },
    unsubscribe: (url, body = '') => request(http.app).post(new URL(url).pathname).type('form').send(body),
    recipients: () => smtp.arrived.flatMap(({ to }) => to).sort(),
    states: async () => {
      const { rows } = await http.pools.general.query<{ state: string }>('select state from mails order by id');
      return rows.map(({ state }) => state);
    },
    close: async () => {
      await http.close();
      await smtp.close();
    },
  };
}

export const statuses = (answer: { body: { data: { status: string }[] } }) =>
  answer.body.data.map(({ status }) => status);

export function unsubscribeLink(header: string | undefined): string {
  return /^<(.*)>$/.exec(header ?? '')?.[1] ?? '';
}
