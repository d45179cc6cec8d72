// A program in German: no mail of any kind has a word that a translator would not find, and what arrives is German. The
// pages behind the mails' links go by who looks.
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contributorMail } from '../../src/mail/templates/contributor.ts';
import { invitation } from '../../src/mail/templates/invitation.ts';
import type { Letter } from '../../src/mail/templates/layout.ts';
import { newsMail, summaryMail } from '../../src/mail/templates/news.ts';
import { appealMail, suspensionMail } from '../../src/mail/templates/suspension.ts';
import { SUSPENSION_REASONS } from '../../src/model/suspensions.ts';
import { type FakeSmtp, startFakeSmtp } from '../support/fake-smtp.ts';
import { markGerman, ownWordsOf, wordsIn } from '../support/marked.ts';
import { client, tokenFor } from '../support/member.ts';
import { claudexia } from '../support/programs.ts';
import { MEMBER_JWT_SECRET, TestService } from '../support/service.ts';

/** Names and addresses; and what Intl writes. */
const DATA = /https?:\S*|\S+@\S+|Claudexia|\b(Ann|AB12|TOKEN|Grüße|credits|Mai)\b/g;

test('no mail of any kind has a word of its own', () => {
  const program = claudexia({ language: 'de' });
  const [url, portalUrl, appealUrl] = Array(3).fill('https://plusone.test/x') as [string, string, string];
  const sums = [
    { unit: 'usd', amount: 1250n },
    { unit: 'credits', amount: 10n },
  ];
  const quiet = { joined: 0, held: 0, credited: [], expiring: [] };
  const invite = { program, inviter: 'Ann', code: 'AB12', url, amount: '5,00 $', note: 'Grüße', unsubscribeUrl: url };
  const restore = markGerman();
  const news = [
    quiet,
    { ...quiet, joined: 1, held: 1 },
    { ...quiet, joined: 2, held: 2, credited: sums, expiring: sums },
    { ...quiet, credited: sums },
    { ...quiet, expiring: sums },
  ].map((each) => ({ program, news: each, portalUrl }));
  const letters: readonly Letter[] = [
    invitation(invite),
    invitation({ ...invite, inviter: null, amount: '', note: undefined }),
    ...news.flatMap((each) => [
      newsMail({ ...each, period: '2026-05-01' }),
      summaryMail({ ...each, period: '2026-05' }),
    ]),
    ...[...SUSPENSION_REASONS, 'another'].map((reason) => suspensionMail({ program, reason, appealUrl })),
    ...(['granted', 'refused'] as const).map((state) => appealMail(program, state)),
    ...[null, url].map((link) => contributorMail({ program, username: 'Ann', url: link, code: 'TOKEN', portalUrl })),
  ];
  restore();
  const left = letters.flatMap(({ subject, text, html }) => [
    ...wordsIn(`${subject}\n${text}`, DATA),
    ...ownWordsOf(html, DATA),
  ]);
  expect(left).toEqual([]);
});

let smtp: FakeSmtp;
let service: TestService;
beforeAll(async () => {
  smtp = await startFakeSmtp();
  service = await TestService.start({
    edit: (yaml) => `${yaml}\nlanguage: de\nmails: { news: daily, summary: monthly }\ninvites: { per_day: 20 }\n`,
    start: '2026-05-30T10:00:00Z',
    variables: { SMTP_URL: smtp.url },
  });
  await service.aliceRefersBob();
  await service.tell('payment.succeeded', { payment_id: 'pay_1', member_id: 'bob', amount: 10_000, currency: 'usd' });
});
afterAll(async () => {
  await service.stop();
  await smtp.close();
});

const clock = (now: string) => service.admin('POST', '/test-clock', { now });
/** Opens or sends what a mail's link leads to, with a browser of that language. */
const at = (link: string, language: string) => {
  const { pathname } = new URL(link);
  const set = { 'Accept-Language': language };
  return {
    look: () => request(service.app).get(pathname).set(set),
    send: (form: object) => request(service.app).post(pathname).set(set).type('form').send(form),
  };
};

/** What arrived of this subject, as its reader sees it. */
async function arrived(subject: RegExp) {
  for (let n = 1; ; n++) {
    const all = await smtp.count(n);
    const found = all.find(({ mail }) => subject.test(mail.subject ?? ''));
    if (found) return { text: found.mail.text ?? '', html: found.mail.html ?? '', mail: found.mail };
  }
}

test('what a member of a German program gets is German, its amounts and its months too', async () => {
  await clock('2026-06-01T06:00:00Z');
  const summary = await arrived(/^Deine Empfehlungen für Claudexia im Mai 2026$/);
  const said = ['Im Mai 2026 ist 1 Person über deinen Link zu Claudexia gekommen.', 'Du hast 5,00 $ verdient.'];
  for (const each of said) {
    expect(summary.text.replaceAll('\u00a0', ' ')).toContain(each);
    expect(summary.html.replaceAll('\u00a0', ' ')).toContain(each);
  }
  expect(summary.html).toContain('<html lang="de">');
  expect(summary.html).toContain('Wenn der Knopf nicht funktioniert, öffne diesen Link:');
});

test('whoever asks for a link to the portal gets it in the language in which they asked', async () => {
  const restore = markGerman();
  await at('https://plusone.test/p/claudexia/portal/sign-in', 'de').send({ email: 'alice@example.com' });
  const { mail, text, html } = await arrived(/^⟦Your link/);
  restore();
  expect([...wordsIn(`${mail.subject}\n${text}`, DATA), ...ownWordsOf(html, DATA)]).toEqual([]);
});

test('an invitation and its way out are German, and the page is English to an English reader', async () => {
  const token = await tokenFor('alice', {}, MEMBER_JWT_SECRET);
  await client(service.app)('post', '/me/invites', { token, body: { emails: ['friend@else.example'], note: 'Los!' } });
  const { text, html } = await arrived(/lädt dich zu Claudexia ein$|^Jemand aus deinem Umfeld/);
  expect(text).toContain('Du wirst nur einmal eingeladen.');
  expect(text).toContain('„Los!“');
  expect(html).toContain('>Abmelden</a>');
  const link = /Abmelden: (\S+)/.exec(text)?.[1] ?? '';
  expect((await at(link, 'en').look()).text).toContain('Unsubscribe from invitations to Claudexia?');
  const asked = await at(link, 'de').look();
  expect([asked.text.includes('Von Einladungen zu Claudexia abmelden?'), asked.headers.vary]).toEqual([
    true,
    expect.stringContaining('Accept-Language'),
  ]);
  expect((await at(link, 'de').send({})).text).toContain('Du bist abgemeldet');
});

test('a suspension, the page to appeal and the answer are German', async () => {
  await service.admin('PATCH', '/members/alice?program=claudexia', {
    suspended: true,
    suspended_reason: 'fake_accounts',
  });
  await clock('2026-06-01T07:00:00Z');
  const { text } = await arrived(/^Dein Empfehlungscode für Claudexia ist gesperrt$/);
  expect(text).toContain('Zu viele der geworbenen Konten werden nicht wirklich genutzt.');
  const link = /Einspruch einlegen:\s+(\S+)/.exec(text)?.[1] ?? '';
  const { look, send } = at(link, 'de-AT,en;q=0.5');
  const marks = markGerman();
  const pages = [await look(), await send({ message: 'Doch.' }), await look(), await at(`${link}x`, 'de').look()];
  marks();
  expect(pages.flatMap((page) => ownWordsOf(page.text, DATA))).toEqual([]);
  expect((await look()).text).toContain('Claudexia antwortet bis zum 08.06.2026.');
  const [appeal] = (await service.admin('GET', '/appeals?state=open')).body.data;
  await service.admin('POST', `/appeals/${appeal.id}/grant`, { reason: '…' });
  await clock('2026-06-01T08:00:00Z');
  expect((await arrived(/^Dein Empfehlungscode für Claudexia gilt wieder$/)).text).toContain('stattgegeben');
  expect((await look()).text).toContain('Deinem Einspruch wurde stattgegeben');
});
