/**
 * What a program file says about members: who signs them in, what they share and are sent, the page they see.
 * Promises: a text names only what it will be filled with. Must never: let an origin into a header unchecked.
 */
import * as z from 'zod';
import { endpointUrl, template, text, whole } from './program-scalars.ts';

const jwtSecret = z.strictObject({
  secret: z.string().describe('HS256 secret, 32 bytes or more'),
});

const jwtKeys = z.strictObject({
  jwks_url: endpointUrl().describe('where the public keys are'),
  issuer: text().describe('the iss that is asked for'),
  audience: text().describe('the aud that is asked for'),
});

export const authSchema = z
  .strictObject({
    jwt: z
      .union([jwtSecret, jwtKeys])
      .optional()
      .describe("how members' tokens are checked: a secret, or jwks_url, issuer and audience"),
    org_claim: text(60).optional().describe('claim of the token that names the organization'),
    introspect: z
      .strictObject({
        url: endpointUrl().describe('RFC 7662 endpoint'),
        secret: z
          .string()
          .regex(/^[\x21-\x7e]{1,1000}$/, 'must be a token that a header can carry')
          .optional()
          .describe('what it is shown, as a bearer token'),
      })
      .optional()
      .describe("accepts the product's own API keys"),
  })
  .prefault({})
  .describe('who members are, towards the member API');

const SHARE_WORDS = ['code', 'url', 'amount'];

const INVITES_MAX = 10_000;
const PROGRAM_INVITES_MAX = 1_000_000;

const frameAncestor = z
  .string()
  .regex(
    /^(https:\/\/(\*\.)?[a-z0-9.-]+(:\d+)?|http:\/\/(localhost|127\.0\.0\.1)(:\d+)?)$/,
    'must be an https:// origin',
  );

export const membersSchema = z
  .strictObject({
    signup: z.enum(['external', 'embedded']).prefault('external').describe('embedded: members sign up here'),
    api_key_prefix: z
      .string()
      .regex(/^[a-z0-9_]{1,24}$/, 'must be at most 24 of a-z, 0-9 and _')
      .prefault('plusone_')
      .describe("how members' API keys begin"),
  })
  .prefault({})
  .describe('who keeps the members');

export const shareSchema = z
  .strictObject(
    Object.fromEntries(
      ['text', 'x', 'linkedin', 'telegram', 'email'].map((where) => [
        where,
        template(SHARE_WORDS)
          .optional()
          .describe(`text to share${where === 'text' ? '' : ` on ${where}`}, with {code}, {url}, {amount}`),
      ]),
    ),
  )
  .prefault({})
  .describe('texts to share');

export const invitesSchema = z
  .strictObject({
    per_day: whole(0, INVITES_MAX)
      .prefault(50)
      .describe('how many addresses a member may invite in a day; 0 turns invitations off'),
    program_per_day: whole(0, PROGRAM_INVITES_MAX)
      .prefault(5000)
      .describe('how many addresses all members together may invite in a day'),
    subject: template([...SHARE_WORDS, 'name'])
      .optional()
      .describe('subject of the mail, with {name} of who invites'),
    text: template([...SHARE_WORDS, 'name', 'note'], 10_000)
      .optional()
      .describe('text of the mail, with {name}, {url}, {code}, {amount}, {note}; a blank line begins a paragraph'),
  })
  .prefault({})
  .describe('mails that members have sent to friends');

export const mailsSchema = z
  .strictObject({
    news: z.enum(['daily', 'never']).prefault('never').describe('what is new since yesterday, to whom something is'),
    summary: z.enum(['monthly', 'never']).prefault('never').describe('the month in one mail, after its end'),
  })
  .prefault({})
  .describe('mails to members about their referrals, beside those that have to be sent; each member may say no');

export const portalSchema = z
  .strictObject({
    frame_ancestors: z.array(frameAncestor).prefault([]).describe('pages that may show the portal in a frame'),
    oidc: z
      .strictObject({
        issuer: endpointUrl().describe('where the provider is, as it names itself; it is discovered from there'),
        client_id: text(255).describe('under which the portal is known there, with its address /portal/oidc/callback'),
        client_secret: z.string().min(1).optional().describe('none: a public client, by PKCE alone'),
        scope: text(200).prefault('openid email profile').describe('what is asked for; sub is the member id'),
      })
      .optional()
      .describe("signs members in by the product's own identity provider (OpenID Connect)"),
  })
  .prefault({})
  .describe("the referrer's page");
