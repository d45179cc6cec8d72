/**
 * The pages' way to the API: the same routes, asked in the same process, as whoever looks at the page.
 * Promises: a page shows what the API answers and does what the API does, with the credential that the route names; it
 * has no queries or rules of its own for that. Must never: send anything over the network, or get around a role.
 */
import type { Request, Response } from 'express';
import type * as z from 'zod';
import { Problem } from '../http/problems.ts';
import type { Route } from '../http/routes.ts';

export interface Question {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: object;
}

export type Ask = <F extends z.ZodType>(
  form: F,
  method: Route['method'],
  path: string,
  question?: Question,
) => Promise<z.output<F>>;

/** `may` throws when whoever looks may not use the route. */
export function askerOf(routes: readonly Route[], may: (route: Route, res: Response) => void) {
  const byName = new Map(routes.map((route) => [`${route.method} ${route.path}`, route]));
  return (req: Request, res: Response): Ask =>
    async (form, method, path, question = {}) => {
      const route = byName.get(`${method} ${path}`);
      if (!route || route.answers !== form) throw new Error(`bug: no route ${method} ${path} that answers so`);
      may(route, res);
      return (await answerOf(route, req, res, question)) as z.output<typeof form>;
    };
}

/** The route's handler sees the real request, but for what is asked; what it answers is kept instead of sent. */
async function answerOf(route: Route, req: Request, res: Response, question: Question): Promise<unknown> {
  let said: unknown;
  const query = Object.entries(question.query ?? {}).filter(([, value]) => value !== undefined && value !== '');
  const answering: Response = Object.create(res, {
    locals: { value: { ...res.locals, declared: route } },
    status: { value: () => answering },
    json: {
      value: (given: unknown) => {
        said = JSON.parse(JSON.stringify(given));
        return answering;
      },
    },
  });
  const asking: Request = Object.create(req, {
    method: { value: route.method.toUpperCase() },
    params: { value: question.params ?? {} },
    query: { value: Object.fromEntries(query) },
    body: { value: question.body ?? {} },
    res: { value: answering },
  });
  await route.handle(asking, answering);
  return said;
}

/** What an action refuses is shown on the page; anything else is an error page. */
export async function refusalOf(work: () => Promise<unknown>): Promise<Problem | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}
