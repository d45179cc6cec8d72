/**
 * What the demo's senders send: the parts that all share, and the signups.
 * Promises: pure; ids are made of the payment's number, so that the same month has the same ids. Must never: carry a
 * field that the real sender's body has not.
 */
import type { Person } from './people.ts';

export type SourceName = 'stripe' | 'paddle' | 'clerk' | 'app';

/** A body before its referral code is known. */
export interface Event {
  readonly source: SourceName;
  readonly id: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Money {
  /** Its number in the month. */
  readonly no: number;
  readonly payer: Person;
  readonly gross: number;
  readonly tax: number;
  readonly at: Date;
}

/** An id of the provider's, from the number of the payment, refund or dispute. */
export function idOf(prefix: string, { no }: { readonly no: number }): string {
  return `${prefix}_demo${String(no).padStart(5, '0')}`;
}

export function clerkSignup(person: Person, at: Date, code: string | undefined): Event {
  const address = {
    id: `idn_${person.id}`,
    object: 'email_address',
    email_address: person.email,
    verification: { status: 'verified', strategy: 'email_code' },
  };
  return {
    source: 'clerk',
    id: `msg_${person.id}`,
    body: {
      data: {
        id: person.id,
        object: 'user',
        first_name: person.firstName,
        last_name: person.lastName,
        primary_email_address_id: address.id,
        email_addresses: [address],
        public_metadata: {},
        unsafe_metadata: code === undefined ? {} : { ref: code },
        created_at: at.getTime(),
        updated_at: at.getTime(),
      },
      event_attributes: { http_request: { client_ip: person.ip, user_agent: 'Mozilla/5.0' } },
      instance_id: 'ins_demo',
      object: 'event',
      timestamp: at.getTime(),
      type: 'user.created',
    },
  };
}

export function appSignup(person: Person, at: Date, code: string | undefined): Event {
  const data = { member_id: person.id, ...signupData(person, at), referral_code: code };
  return { source: 'app', id: `msg_${person.id}`, body: { type: 'member.created', timestamp: at.toISOString(), data } };
}

/** What a product tells of somebody new, apart from their id and code. */
export function signupData({ email, name, ip }: Person, at: Date) {
  return { email, email_verified: true, name, ip, created_at: at.toISOString() };
}
