import type { AnyHandler } from '../../handlers/contract/handler.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import type { Known } from '../../runtime/engine/streams/known.ts';
import { GATES, knownOf, TOKEN, WITH_TOKEN } from './http.ts';
import { BODIES, BUDGET, because, LOOKS, MEMBERS, OTHER, PARAMETERS, POSTS, RUNNING, SEVERAL } from './v1-input.ts';

/** A request of the table: what is sent, and how a line of the table names it. */
export interface V1Request {
  readonly method: 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload?: string;
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** The requests of the risk governor's routes, the last with a body that nobody looks at. */
export function budgets(): readonly V1Request[] {
  const [method, url] = ['POST' as const, '/budget/check?symbol=A&position_notional=5'];
  return [
    ...BUDGET.map(([how, path]) => ({ method: how, url: path, headers: {} })),
    { method, url, headers: JSON_TYPE, payload: '{' },
    { method, url, headers: { 'content-type': 'text/plain' }, payload: 'text' },
  ];
}

/** The requests that look: each route in order, by other methods, without a token, and with every wrong parameter. */
export function looks(): readonly V1Request[] {
  return [...LOOKS.flatMap(looksOf), ...SEVERAL.map((path) => ask('GET', path))];
}

/** The requests with a body: each route in order, with bodies that are none, and with every member left out, wrong or more. */
export function posts(): readonly V1Request[] {
  return POSTS.flatMap(([path, body]) => [
    ...postsOf(path, body),
    ...Object.keys(body).flatMap((name) => MEMBERS.map((value) => post(path, { ...body, [name]: value }))),
  ]);
}

/** Each route once with all in order, a stream or gate that there is not, and other bodies worth an answer. */
export function inOrder(): readonly V1Request[] {
  const others = POSTS.filter(([path]) => /heat-gate|apply\.plan/.test(path)).flatMap(([path, body]) => {
    const nowhere = path.replace(/heat-gate|apply\.plan/, 'nope');
    return [post(nowhere, body), post(nowhere, {}), post(`${nowhere}?${OTHER}`, body)];
  });
  const more = [
    post('/evaluate', [{ entry: { plan_id: 'p', symbol: 'BTCUSDT', action: 'OPEN' } }]),
    post('/evaluate', { entry: { plan_id: 'p', symbol: 'BTCUSDT', action: 'OPEN', qty: 1.5, reduce: true } }),
    post('/policies/heat-gate', { ...because, settings: { HEAT_MAX: '0.6' } }),
    post('/policies/heat-gate', { ...because, settings: { NOPE: '0.6' } }),
    post('/policies/heat-gate/rollback', because),
    post('/policies/heat-gate/candidate', { ...because, settings: null }),
    post('/mode', { ...because, gate: 'nope', mode: 'enforce' }),
    post('/kill', { state: 'on' }),
    post('/rollback', { gate: 'heat-gate', rehearse: true }),
  ];
  const looked = LOOKS.filter((path) => !RUNNING.test(path)).map((path) => ask('GET', path));
  return [
    ...looked,
    ...SEVERAL.map((path) => ask('GET', path)),
    ...others,
    ...POSTS.filter(([, { action = 'drop' }]) => action === 'drop').map(([path, body]) => post(path, body)),
    ...more,
    ...looked,
  ];
}

/** What a line of the table says of a request; letters that go on and on are counted. */
export function named({ method, url, headers, payload }: V1Request): string {
  const token = headers.authorization === `Bearer ${TOKEN}` ? '' : ` (${headers.authorization ?? 'no token'})`;
  const type = headers['content-type'] ?? 'application/json';
  const body = payload === undefined ? '' : ` ${payload}`;
  const sent = type === 'application/json' ? body : ` (${type})${body}`;
  return short(`${method} ${url}${token}${sent}`);
}

/** Text in which letters that go on and on are counted. */
export function short(text: string): string {
  return text.replaceAll(/x{40,}/g, (letters) => `x*${letters.length}`);
}

function looksOf(path: string): V1Request[] {
  const [base = '', query = ''] = path.split('?');
  const parameters = [...new URLSearchParams(query).keys()];
  const wrong = parameters.flatMap((name) =>
    (PARAMETERS[name] ?? []).map((value) => {
      const others = query.split('&').filter((one) => !one.startsWith(`${name}=`));
      return ask('GET', `${base}?${[...others, `${name}=${value}`].join('&')}`);
    }),
  );
  return [
    ask('GET', path),
    ask('GET', base),
    ...(['HEAD', 'OPTIONS', 'PUT', 'DELETE', 'POST'] as const).map((method) => ask(method, path)),
    { method: 'GET', url: `/v1${path}`, headers: {} },
    ask('GET', `${base}?${query === '' ? '' : `${query}&`}${OTHER}`),
    ask('GET', `${base}?${query === '' ? '' : `${query}&`}surprise=1`),
    ...wrong,
  ];
}

function postsOf(path: string, body: Readonly<Record<string, unknown>>): V1Request[] {
  const url = `/v1${path}`;
  return [
    post(path, body),
    ask('POST', path),
    ...BODIES.map(([payload, type]) => ({
      ...{ method: 'POST' as const, url, payload },
      headers: { ...WITH_TOKEN, 'content-type': type },
    })),
    { ...post(path, body), headers: JSON_TYPE },
    { ...post(path, body), headers: { ...JSON_TYPE, authorization: 'Bearer viewer-of-this-test' } },
    ...(['GET', 'HEAD', 'OPTIONS', 'PUT'] as const).map((method) => ask(method, path)),
    post(path, { ...body, surprise: 1 }),
    post(`${path}?${OTHER}`, body),
    post(`${path}?${OTHER}`, {}),
    post(`${path}?surprise=1`, body),
  ];
}

function ask(method: V1Request['method'], path: string): V1Request {
  return { method, url: `/v1${path}`, headers: WITH_TOKEN };
}

function post(path: string, body: unknown): V1Request {
  return { ...ask('POST', path), headers: { ...WITH_TOKEN, ...JSON_TYPE }, payload: JSON.stringify(body) };
}

/** What is known in the recorded requests: the gates they were recorded with, whatever others there are. */
export async function recordedGates(): Promise<Known> {
  return knownOf(await recordedHandlers());
}

/** Their handlers. */
export async function recordedHandlers(): Promise<readonly AnyHandler[]> {
  const recorded = new Set<string>([...GATES, 'feeds']);
  return (await loadHandlers()).filter(({ gate }) => recorded.has(gate));
}
