// A client of a program's dialect: members' tokens as the product signs them, and paths with and without /api.
import request from 'supertest';
import { expect } from 'vitest';
import { tokenFor } from './member.ts';
import { type Answer, MEMBER_JWT_SECRET, type TestService } from './service.ts';

export interface Asked {
  /** The member whose token is sent, made on first sight. */
  readonly as?: string;
  readonly claims?: object;
  readonly token?: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Told extends Answer {
  readonly headers: Readonly<Record<string, string>>;
}

export class DialectClient {
  readonly #service: TestService;

  constructor(service: TestService) {
    this.#service = service;
  }

  async get(path: string, asked: Asked = {}): Promise<Told> {
    return await this.#call('get', path, asked);
  }

  async post(path: string, asked: Asked = {}): Promise<Told> {
    return await this.#call('post', path, asked);
  }

  async delete(path: string, asked: Asked = {}): Promise<Told> {
    return await this.#call('delete', path, asked);
  }

  async #call(method: 'get' | 'post' | 'delete', path: string, asked: Asked): Promise<Told> {
    const { app, program } = this.#service;
    const sent = request(app)[method](`/p/${program}${path}`);
    const token = asked.token ?? (asked.as && (await tokenFor(asked.as, { ...asked.claims }, MEMBER_JWT_SECRET)));
    if (token) sent.set('Authorization', `Bearer ${token}`);
    for (const [name, value] of Object.entries(asked.headers ?? {})) sent.set(name, value);
    const answer = await (asked.body ? sent.send(asked.body) : sent);
    return { status: answer.status, body: answer.body, headers: answer.headers as Told['headers'] };
  }
}

/** The JSON of a seed, turned into what any answer of its kind looks like: the same fields, values of the same types. */
export function shapeOf(example: unknown): unknown {
  if (Array.isArray(example)) return example.map(shapeOf);
  if (typeof example === 'object' && example !== null) {
    return Object.fromEntries(Object.entries(example).map(([key, value]) => [key, shapeOf(value)]));
  }
  if (typeof example === 'string') return expect.any(String);
  return typeof example === 'number' ? expect.any(Number) : typeof example === 'boolean' ? expect.any(Boolean) : null;
}
