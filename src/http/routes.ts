/**
 * Routes as data: method, path, credential and body of each, mounted by one function.
 * Promises: a route without a credential does not compile; the credential is checked before the body is read; a known
 * path with another method is 405. Must never: be gone around by registering a handler on Express directly; a test
 * walks the mounted routes and compares.
 */
import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import type * as z from 'zod';
import type { KeyScope } from '../accounts/keys.ts';
import type { LoadedProgram } from '../model/program.ts';
import { Problem, type ProblemCode } from './problems.ts';

/**
 * member:read and member:write: a member, by their token, their API key or a server key that names them. program:read:
 * any of these, or a server key that names nobody. lookup: the same, where the program does not open it to all.
 */
export type MemberCredential = 'member:read' | 'member:write' | 'program:read' | 'lookup';

/**
 * The admin token opens each but admin:self, which needs somebody by name. admin:read: any named admin.
 * admin:moderate: a moderator. admin: an owner, so that whoever names nothing finer lets in as few as there are.
 */
export type AdminCredential = 'admin' | 'admin:read' | 'admin:moderate' | 'admin:self';

/**
 * none: open to all. signature: the handler verifies it itself, of the body or in the path. password: so does the
 * sign-in. Else who acts on the admin API, the scope of a server key of that program, or what a member needs.
 */
export type Credential = 'none' | 'signature' | 'password' | AdminCredential | KeyScope | MemberCredential;

export function isOfAdmin(credential: Credential): credential is AdminCredential {
  return credential === 'admin' || credential.startsWith('admin:');
}

export interface Asks {
  readonly body?: z.ZodType;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
}

export type MediaType = `${'image' | 'text'}/${string}`;

export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly path: string;
  readonly credential: Credential;
  /** Only there in programs whose file names this dialect. */
  readonly dialect?: string;
  /** raw: any type, as bytes. json and form: parsed. beacon: JSON, whatever a browser calls it. Default: none is read. */
  readonly body?: 'raw' | 'json' | 'beacon' | 'form';
  /** One line, and more where there is more to know: for the document and its page. */
  readonly summary: string;
  readonly description?: string;
  /** `group.verb`: its name in the client and in the document. Without one, the document makes one of the path. */
  readonly operation?: `${string}.${string}`;
  /** What is read, by these forms and no others: readBody and readQuery refuse another form. */
  readonly asks?: Asks;
  /** The form of a success, by which `answer` sends it; or its media type, where that is not JSON. */
  readonly answers: z.ZodType | MediaType;
  /** 200 unless told otherwise; the first is the usual one. */
  readonly statuses?: readonly number[];
  /** The problems of its own, beside those that its credential, body and path bring with them. */
  readonly refuses?: readonly ProblemCode[];
  handle(req: Request, res: Response): Promise<void> | void;
}

/** Makes the middleware that lets a credential's bearer through and stops everybody else. */
export type Guards = (credential: Credential) => RequestHandler;

export const BODY_BYTES_MAX = 1024 * 1024;

/** Not inflated: a bomb of 1 MiB would be gigabytes, and no sender that we know compresses. */
const readRaw = express.raw({ type: () => true, limit: BODY_BYTES_MAX, inflate: false });
/** A page of another site may send text without asking first, and JSON only after. */
const readBeacon = express.json({ type: () => true, limit: 8 * 1024, inflate: false, strict: true });
const JSON_TYPES = ['application/json', 'application/*+json'];
const readForm = express.urlencoded({ limit: BODY_BYTES_MAX, inflate: false, extended: false });
const readJson = express.json({ type: JSON_TYPES, limit: BODY_BYTES_MAX, inflate: false, strict: true });

const refuseOtherTypes: RequestHandler = (req, _res, next) => {
  const isEmpty = req.headers['content-length'] === '0';
  next(!isEmpty && req.is(JSON_TYPES) === false ? new Problem('unsupported_media_type') : undefined);
};

function readers(body: Route['body']): RequestHandler[] {
  if (body === 'raw') return [readRaw];
  if (body === 'beacon') return [readBeacon];
  if (body === 'form') return [readForm];
  return body === 'json' ? [refuseOtherTypes, readJson] : [];
}

/** `prefix` is where the router will stand, for logs and metrics. */
export function mount(routes: readonly Route[], prefix: string, guards: Guards): Router {
  const router = Router({ caseSensitive: true });
  for (const [path, same] of Map.groupBy(routes, (route) => route.path)) {
    const at = router.route(path);
    at.all((_req, res, next) => {
      const [{ dialect } = {}] = same;
      const isThere = dialect === undefined || programOf(res).program.api.includes(dialect);
      if (isThere) res.locals.route = `${prefix}${path}`;
      next(isThere ? undefined : 'route');
    });
    for (const route of same) {
      at[route.method](guards(route.credential), ...readers(route.body), (req, res) => {
        res.locals.declared = route;
        return route.handle(req, res);
      });
    }
    // Express answers HEAD by what answers GET.
    const allowed = same.map(({ method }) => (method === 'get' ? 'GET, HEAD' : method.toUpperCase())).join(', ');
    at.all(() => {
      throw new Problem('method_not_allowed', { headers: { Allow: allowed } });
    });
  }
  return router;
}

/**
 * The declared form, which must be the one that is used: so validation and document cannot part. Nothing is declared
 * where no route was matched by `mount`.
 */
export function heldToDeclared(res: Response | undefined, what: keyof Asks | 'answers', form: z.ZodType): void {
  const route = res?.locals.declared as Route | undefined;
  const declared = what === 'answers' ? route?.answers : route?.asks?.[what];
  if (route && declared !== form) throw new Error(`bug: ${route.path} uses another form than its \`${what}\``);
}

/** The program under whose path or host the request came; set by program-host.ts. */
export function programOf(res: Response): LoadedProgram {
  const program = res.locals.program as LoadedProgram | undefined;
  if (!program) throw new Error('bug: a route of a program was mounted outside of one');
  return program;
}

/** A path parameter; text that PostgreSQL cannot hold is nothing that we could know. */
export function param(req: Request, name: string): string {
  const value = req.params[name];
  if (typeof value !== 'string' || value.includes('\0')) throw new Problem('not_found');
  return value;
}
