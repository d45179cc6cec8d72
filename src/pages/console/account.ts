/**
 * One's own account, and for an owner the others: password, one-time codes, who may do what.
 * Promises: it does what the admin API does, with the checks that stand there. Must never: show a secret twice.
 */
import type { Request, Response } from 'express';
import qrcode from 'qrcode';
import * as z from 'zod';
import { ADMIN_ROLES, mayAct } from '../../accounts/admin-users.ts';
import { PASSWORD_LENGTH } from '../../accounts/passwords.ts';
import { totpOffer } from '../../http/admin/own-account.ts';
import { whoami } from '../../http/admin/session.ts';
import { createdUser, userPage } from '../../http/admin/users.ts';
import { adminOf } from '../../http/admin-auth.ts';
import type { Deps } from '../../http/deps.ts';
import type { Route } from '../../http/routes.ts';
import { LANGUAGES } from '../../model/language.ts';
import { type Html, html } from '../../texts/html.ts';
import { LANGUAGE_COOKIE, type Translator, translatorOf } from '../../texts/translator.ts';
import { type Ask, refusalOf } from '../ask.ts';
import { seeOther } from '../send.ts';
import { showPage } from './layout.ts';
import * as parts from './parts.ts';

type Asker = (req: Request, res: Response) => Ask;

const ACCOUNT = '/admin/account';
const YEAR_MS = 31_536_000_000;
const text = z.string().max(1000).default('');
const posted = z.object({
  current: text,
  password: text,
  code: text,
  email: text,
  name: text,
  role: text,
  language: text,
});
type Posted = z.output<typeof posted>;

export function accountRoutes({ env }: Pick<Deps, 'env'>, asker: Asker): Route[] {
  const common = { method: 'post', credential: 'admin:self', answers: 'text/html', body: 'form' } as const;
  const act = (path: string, summary: string, work: (ask: Ask, given: Posted) => Promise<unknown>): Route => ({
    ...common,
    path,
    summary,
    handle: async (req, res) => {
      const refused = await refusalOf(() => work(asker(req, res), posted.parse(req.body ?? {})));
      seeOther(res, ACCOUNT, refused ? { code: refused.code } : { done: 'saved' });
    },
  });
  return [
    {
      method: 'get',
      path: '/account',
      credential: 'admin:read',
      answers: 'text/html',
      summary: 'One’s own account, and who else there is',
      handle: (req, res) => show(asker(req, res), req, res, {}),
    },
    act('/account/password', 'Another password', (ask, { current, password }) =>
      ask(whoami, 'put', '/session/password', { body: { current, password } }),
    ),
    {
      ...common,
      path: '/account/totp',
      summary: 'Offers a secret for one-time codes',
      handle: async (req, res) => {
        const ask = asker(req, res);
        await show(ask, req, res, { offer: await ask(totpOffer, 'post', '/session/totp') });
      },
    },
    act('/account/totp/confirm', 'Turns one-time codes on', (ask, { code }) =>
      ask(whoami, 'put', '/session/totp', { body: { code: code.trim() } }),
    ),
    act('/account/totp/off', 'Turns one-time codes off', (ask, { code }) =>
      ask(whoami, 'delete', '/session/totp', { body: { code: code.trim() } }),
    ),
    {
      ...common,
      path: '/account/language',
      summary: 'The language of the console in this browser',
      handle: (req, res) => {
        const { language } = posted.parse(req.body ?? {});
        const isOurs = LANGUAGES.some((each) => each === language);
        const secure = env.publicUrl.startsWith('https:');
        // Without one, the browser's own preference counts again.
        const cookie = {
          path: '/admin',
          httpOnly: true,
          secure,
          sameSite: 'lax',
          maxAge: isOurs ? YEAR_MS : 0,
        } as const;
        res.cookie(LANGUAGE_COOKIE, isOurs ? language : '', cookie);
        seeOther(res, ACCOUNT, { done: 'saved' });
      },
    },
    {
      ...common,
      path: '/account/users',
      credential: 'admin',
      summary: 'Makes a named admin',
      handle: async (req, res) => {
        const ask = asker(req, res);
        const { email, name, role } = posted.parse(req.body ?? {});
        let made: z.output<typeof createdUser> | undefined;
        const refused = await refusalOf(async () => {
          made = await ask(createdUser, 'post', '/users', { body: { email, name, role } });
        });
        if (refused) return seeOther(res, ACCOUNT, { code: refused.code });
        await show(ask, req, res, { made });
      },
    },
  ];
}

interface Shown {
  readonly offer?: z.output<typeof totpOffer>;
  readonly made?: z.output<typeof createdUser> | undefined;
}

async function show(ask: Ask, req: Request, res: Response, { offer, made }: Shown): Promise<void> {
  const [own, users] = await Promise.all([ask(whoami, 'get', '/session'), ask(userPage, 'get', '/users')]);
  const t = translatorOf(req);
  const isOwner = mayAct(adminOf(res).role, 'owner');
  showPage(req, res, {
    title: own.user?.name ?? t('account.token'),
    lead: own.user ? html`${own.user.email}, ${t.word(own.role)}` : t('account.byToken'),
    body: html`${made && html`<p class="note good" role="status">${t('account.made', { name: made.name, password: html`<code>${made.password ?? ''}</code>` })}</p>`}
${own.user !== null && html`<div class="grid">${passwordCard(t)}${await codeCard(t, own.user.totp, offer)}</div>`}
${languageCard(t, req)}
<section class="card"><h2>${t('account.who')}</h2>${userTable(t, users.data)}${isOwner && newUser(t)}</section>`,
  });
}

function passwordCard(t: Translator): Html {
  return html`<section class="card"><h2>${t('field.password')}</h2><form method="post" action="${ACCOUNT}/password">
<div class="field"><label for="current">${t('account.passwordNow')}</label><input id="current" name="current" type="password" autocomplete="current-password" required></div>
<div class="field"><label for="password">${t('account.passwordNew')}</label><input id="password" name="password" type="password" autocomplete="new-password" minlength="${PASSWORD_LENGTH.min}" required></div><button>${t('account.change')}</button></form></section>`;
}

/** Kept by the browser, as whoever has no account but the token wants it, too. */
function languageCard(t: Translator, req: Request): Html {
  const isChosen = (req.headers.cookie ?? '').includes(`${LANGUAGE_COOKIE}=`);
  const own = LANGUAGES.map((each) => {
    const name = new Intl.DisplayNames(each, { type: 'language' }).of(each) ?? each;
    return html`<option value="${each}" lang="${each}"${isChosen && each === t.language && html` selected`}>${name}</option>`;
  });
  return html`<section class="card"><h2>${t('account.language')}</h2><form class="filters" method="post" action="${ACCOUNT}/language"><div><label for="language">${t('account.languageOf')}</label><select id="language" name="language"><option value="">${t('account.languageOfBrowser')}</option>${own}</select></div><button>${t('save')}</button></form></section>`;
}

async function codeCard(t: Translator, isOn: boolean, offer: Shown['offer']): Promise<Html> {
  const field = html`<div class="field"><label for="code">${t('account.code')}</label><input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required maxlength="10"></div>`;
  if (isOn) {
    return html`<section class="card"><h2>${t('account.codes')}</h2><p>${parts.badge(t, 'on', 'good')} ${t('account.codesOn')}</p><form method="post" action="${ACCOUNT}/totp/off">${field}<button class="bad">${t('account.turnOff')}</button></form></section>`;
  }
  if (!offer) {
    return html`<section class="card"><h2>${t('account.codes')}</h2><p>${t('account.codesOff')}</p><form method="post" action="${ACCOUNT}/totp"><button class="first">${t('account.setUp')}</button></form></section>`;
  }
  const picture = `data:image/svg+xml;base64,${Buffer.from(await qrcode.toString(offer.url, { type: 'svg', margin: 2 })).toString('base64')}`;
  return html`<section class="card"><h2>${t('account.codes')}</h2><p>${t('account.scan', { secret: html`<code>${offer.secret}</code>` })}</p><p><img src="${picture}" alt="${t('account.qr')}" width="180" height="180"></p><form method="post" action="${ACCOUNT}/totp/confirm">${field}<button class="first">${t('account.turnOn')}</button></form></section>`;
}

function userTable(t: Translator, users: z.output<typeof userPage>['data']): Html {
  if (users.length === 0) return parts.empty(t('account.nobody'));
  const columns: parts.Column<(typeof users)[number]>[] = [
    {
      name: t('field.name'),
      of: ({ name, email }) => html`<strong>${name}</strong> <span class="soft">${email}</span>`,
      kind: 'long',
    },
    { name: t('account.role'), of: ({ role }) => t.word(role) },
    { name: t('account.codes'), of: ({ totp }) => (totp ? parts.badge(t, 'on', 'good') : parts.badge(t, 'off')) },
    { name: t('column.state'), of: (each) => (each.disabled_at === null ? '' : parts.badge(t, 'disabled')) },
    { name: t('column.since'), of: (each) => t.moment(each.created_at) },
  ];
  return parts.fileTable(t, t('account.users'), columns, users);
}

function newUser(t: Translator): Html {
  return html`<h3>${t('account.add')}</h3><form class="filters" method="post" action="${ACCOUNT}/users">
<div><label for="email">${t('field.email')}</label><input id="email" name="email" type="email" required></div><div><label for="name">${t('field.name')}</label><input id="name" name="name" required maxlength="100"></div>
<div><label for="role">${t('account.role')}</label><select id="role" name="role">${ADMIN_ROLES.map((role) => html`<option value="${role}">${t.word(role)}</option>`)}</select></div><button>${t('account.addButton')}</button></form>`;
}
