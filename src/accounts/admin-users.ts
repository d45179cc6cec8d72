/**
 * The people who run programs: their roles, and the token of a session.
 * Promises: a role may all that the one before it may; a session's token is 256 random bits and is kept as a hash.
 * Must never: give a role by default.
 */
import { createHash } from 'node:crypto';

/** In rising order. viewer: reads. moderator: also decides on rewards and appeals. owner: everything. */
export const ADMIN_ROLES = ['viewer', 'moderator', 'owner'] as const;
export type AdminRole = (typeof ADMIN_ROLES)[number];

export interface AdminUser {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: AdminRole;
  readonly totp: boolean;
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
}

export function mayAct(role: AdminRole, needed: AdminRole): boolean {
  return ADMIN_ROLES.indexOf(role) >= ADMIN_ROLES.indexOf(needed);
}

export const SESSION_BYTES = 32;

export function hashSession(token: string): Buffer {
  return createHash('sha256').update(`session\n${token}`).digest();
}
