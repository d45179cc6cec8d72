/**
 * What every language must be able to say; its compiler's error is a missing text. Must never: hold a text.
 */
import type { Language } from '../words.ts';

type Words<K extends string> = Readonly<Record<K, string>>;
type Fill = (...words: string[]) => string;

export interface Texts {
  readonly language: Language;
  readonly title: Fill;
  readonly lead: Fill;
  readonly yourLink: string;
  readonly yourCode: Fill;
  readonly noCode: string;
  readonly makeCode: string;
  readonly copy: string;
  readonly copied: string;
  readonly qrAlt: string;
  readonly download: string;
  readonly shareOn: Words<'x' | 'linkedin' | 'telegram' | 'whatsapp' | 'email'>;
  readonly share: string;
  readonly mailSubject: Fill;
  readonly suspended: string;
  readonly appealWhy: string;
  readonly appeal: string;
  readonly appealed: string;
  readonly figures: Words<'earned' | 'recent' | 'pending' | 'balance' | 'signups' | 'active' | 'debt'>;
  readonly counting: string;
  readonly tier: Fill;
  readonly nextTier: Fill;
  readonly topTier: string;
  readonly credits: string;
  readonly noCredits: string;
  readonly columns: Words<
    | 'when'
    | 'what'
    | 'base'
    | 'rate'
    | 'amount'
    | 'status'
    | 'person'
    | 'earned'
    | 'channel'
    | 'link'
    | 'uses'
    | 'signups'
    | 'name'
    | 'rank'
  >;
  /** What the rule pays the referrer for; what the referee. */
  readonly forReferrer: Words<'signup' | 'qualified' | 'usage' | 'payment' | 'rank'>;
  readonly forReferee: Words<'signup' | 'qualified' | 'usage' | 'payment'>;
  readonly status: Words<'pending' | 'credited' | 'failed' | 'reversed' | 'rejected'>;
  /** What is not in it is shown as it is. */
  readonly reason: Readonly<Record<string, string>>;
  readonly usableFrom: Fill;
  readonly creditedOn: Fill;
  readonly expires: Fill;
  readonly takenBack: Fill;
  readonly referrals: string;
  readonly noReferrals: string;
  readonly someone: string;
  readonly referralStatus: Words<'pending' | 'completed' | 'denied' | 'void'>;
  readonly paid: string;
  readonly invites: string;
  readonly inviteLead: string;
  readonly inviteTo: string;
  readonly inviteNote: string;
  readonly invite: string;
  readonly inviteStatus: Words<'sent' | 'failed' | 'joined'>;
  readonly invited: Fill;
  readonly links: string;
  readonly linksLead: string;
  readonly channel: string;
  readonly campaign: string;
  readonly makeLink: string;
  readonly noLinks: string;
  readonly refresh: string;
  readonly refreshLead: string;
  readonly refreshSure: string;
  readonly keys: string;
  readonly keysLead: string;
  readonly makeKey: string;
  readonly keyOnce: string;
  readonly revoke: string;
  readonly noKeys: string;
  readonly mailsTitle: string;
  readonly mails: Words<'news' | 'summary'>;
  readonly save: string;
  readonly contributor: Words<
    | 'title'
    | 'lead'
    | 'name'
    | 'address'
    | 'register'
    | 'unproved'
    | 'code'
    | 'confirm'
    | 'owed'
    | 'paid'
    | 'where'
    | 'known'
    | 'unknown'
    | 'details'
    | 'detailsLead'
    | 'saveDetails'
    | 'another'
    | 'report'
  > & { readonly proved: Fill };
  readonly until: Fill;
  readonly leaderboard: Fill;
  readonly you: string;
  readonly nobody: string;
  readonly more: string;
  readonly newest: string;
  readonly saved: string;
  readonly settings: string;
  readonly signIn: string;
  readonly signInLead: Fill;
  readonly signInWith: Fill;
  readonly orMail: string;
  readonly oidcFailed: string;
  readonly oidcAway: string;
  readonly email: string;
  readonly mailMe: string;
  readonly mailed: string;
  readonly expired: string;
  readonly problem: string;
  readonly skip: string;
  readonly contact: string;
  readonly mail: {
    readonly signInSubject: Fill;
    readonly signInText: string;
    readonly signInButton: string;
    readonly signInFoot: string;
  };
}
