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
import type { Route } from '../../http/routes.ts';
import { type Html, html } from '../../mail/html.ts';
import { type Ask, refusalOf } from '../ask.ts';
import { seeOther } from '../send.ts';
import { moment } from '../words.ts';
import { showPage } from './layout.ts';
import * as parts from './parts.ts';

type Asker = (req: Request, res: Response) => Ask;

const ACCOUNT = '/admin/account';
const text = z.string().max(1000).default('');
const posted = z.object({ current: text, password: text, code: text, email: text, name: text, role: text });
type Posted = z.output<typeof posted>;

export function accountRoutes(asker: Asker): Route[] {
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
  const isOwner = mayAct(adminOf(res).role, 'owner');
  showPage(req, res, {
    title: own.user?.name ?? 'The admin token',
    lead: own.user ? html`${own.user.email}, ${own.role}` : 'Signed in by the token',
    body: html`${made && html`<p class="note good" role="status">${made.name} may sign in with this password, which is shown once: <code>${made.password ?? ''}</code></p>`}
${own.user !== null && html`<div class="grid">${passwordCard()}${await codeCard(own.user.totp, offer)}</div>`}
<section class="card"><h2>Who may sign in</h2>${userTable(users.data)}${isOwner && newUser()}</section>`,
  });
}

function passwordCard(): Html {
  return html`<section class="card"><h2>Password</h2><form method="post" action="${ACCOUNT}/password">
<div class="field"><label for="current">The one now</label><input id="current" name="current" type="password" autocomplete="current-password" required></div>
<div class="field"><label for="password">The new one</label><input id="password" name="password" type="password" autocomplete="new-password" minlength="${PASSWORD_LENGTH.min}" required></div><button>Change it</button></form></section>`;
}

async function codeCard(isOn: boolean, offer: Shown['offer']): Promise<Html> {
  const field = html`<div class="field"><label for="code">Code of the app</label><input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required maxlength="10"></div>`;
  if (isOn) {
    return html`<section class="card"><h2>One-time codes</h2><p>${parts.badge('on', 'good')} A sign-in asks for a code of your app.</p><form method="post" action="${ACCOUNT}/totp/off">${field}<button class="bad">Turn them off</button></form></section>`;
  }
  if (!offer) {
    return html`<section class="card"><h2>One-time codes</h2><p>With an authenticator app, a stolen password is not enough.</p><form method="post" action="${ACCOUNT}/totp"><button class="first">Set them up</button></form></section>`;
  }
  const picture = `data:image/svg+xml;base64,${Buffer.from(await qrcode.toString(offer.url, { type: 'svg', margin: 2 })).toString('base64')}`;
  return html`<section class="card"><h2>One-time codes</h2><p>Scan this with the app, or type <code>${offer.secret}</code>; then enter a code of it.</p><p><img src="${picture}" alt="QR code for the authenticator app" width="180" height="180"></p><form method="post" action="${ACCOUNT}/totp/confirm">${field}<button class="first">Turn them on</button></form></section>`;
}

function userTable(users: z.output<typeof userPage>['data']): Html {
  if (users.length === 0) return parts.empty('Nobody by name');
  const columns: parts.Column<(typeof users)[number]>[] = [
    {
      name: 'Name',
      of: ({ name, email }) => html`<strong>${name}</strong> <span class="soft">${email}</span>`,
      kind: 'long',
    },
    { name: 'Role', of: ({ role }) => role },
    { name: 'One-time codes', of: ({ totp }) => (totp ? parts.badge('on', 'good') : parts.badge('off')) },
    { name: 'State', of: (each) => (each.disabled_at === null ? '' : parts.badge('disabled')) },
    { name: 'Since', of: (each) => moment('en', each.created_at) },
  ];
  return parts.fileTable('Named admins', columns, users);
}

function newUser(): Html {
  return html`<h3>Add somebody</h3><form class="filters" method="post" action="${ACCOUNT}/users">
<div><label for="email">E-mail</label><input id="email" name="email" type="email" required></div><div><label for="name">Name</label><input id="name" name="name" required maxlength="100"></div>
<div><label for="role">Role</label><select id="role" name="role">${ADMIN_ROLES.map((role) => html`<option>${role}</option>`)}</select></div><button>Add</button></form>`;
}
