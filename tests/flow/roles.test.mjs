// Who may do what: each operation by each role, as tests/cases/roles/table.txt and docs/openapi.yaml say it, and what is
// of another server stays out of sight.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { Caller, local, nobody, person } from './lib/api.mjs';
import { ROOT, startGate } from './lib/gate.mjs';
import { OpenApi, missing } from './lib/openapi.mjs';
import { startRecorder } from './lib/recorder.mjs';

const ROLES = ['viewer', 'auditor', 'approver', 'policy_manager', 'admin'];
const CALLERS = ['nobody', ...ROLES, ...ROLES.map((r) => `${r}@files`), 'an approver\'s token'];
const NOTHING = '01900000-0000-7000-8000-000000000000';

const table = readFileSync(path.join(ROOT, 'tests/cases/roles/table.txt'), 'utf8').split('\n').filter((l) => l && !l.startsWith('#')).map((l) => {
	const [method, route, need, scope, ...outcomes] = l.split(/[\s|]+/).filter(Boolean);
	return { method, route, need, scope, outcomes: Object.fromEntries(CALLERS.map((c, i) => [c, outcomes[i]])) };
});

test('docs/openapi.yaml says the same', { skip: missing }, async () => {
	const { document } = await OpenApi.read();
	const said = Object.entries(document.paths).flatMap(([p, item]) => Object.entries(item).filter(([m]) => /^(get|post|put|patch|delete)$/.test(m))
		.map(([m, o]) => `${m.toUpperCase()} ${p.slice('/api/v1'.length).replace(/\{\w+\}/g, ':')} ${o['x-permission']} ${o['x-scope'] ?? 'organisation'}`));
	const is = table.map((r) => `${r.method} ${r.route.replace(/:\w+/g, ':')} ${r.need} ${['open', 'own'].includes(r.need) ? 'organisation' : r.scope}`);
	assert.deepEqual(said.sort(), is.sort());
});

// Only the status: what streams is left at once.
function statusOf(caller, method, target, body) {
	const headers = { ...(caller.token ? { authorization: `Bearer ${caller.token}` } : {}), ...(caller.cookie ? { cookie: `__Host-gatehouse=${caller.cookie}`, 'x-csrf-token': caller.csrf } : {}),
		...(body ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {}) };
	return new Promise((resolve, reject) => {
		const req = http.request({ host: '127.0.0.1', port: caller.gate.port, method, path: `/api/v1${target}`, agent: false, headers }, (res) => {
			resolve(res.statusCode);
			res.destroy();
		});
		req.on('error', reject);
		req.end(body);
	});
}

const bodyOf = (method) => (['POST', 'PUT', 'PATCH'].includes(method) ? '{}' : undefined);

async function open(t) {
	const [files, hidden] = [await startRecorder(t, 'http'), await startRecorder(t, 'http')];
	const policy = { version: '1', default: 'allow' };
	const gate = await startGate(t, { servers: { files: files.where, 'zz-hidden': hidden.where }, policies: { seen: policy, 'zz-hidden': policy } });
	const grants = {};
	for (const [server, name] of [['files', 'seen'], ['zz-hidden', 'zz-hidden']]) {
		await gate.grant(`${name} grant`, { [server]: name });
		grants[server] = (await local(gate).get('/grants')).json.grants.find((g) => g.label === `${name} grant`).id;
	}
	const dummy = (await local(gate).good('POST', '/users', { name: 'dummy' })).user.id;
	const { token } = await gate.json(['approver', 'add', 'eve', '--subject', 'eve']);
	const callers = { nobody: nobody(gate), 'an approver\'s token': new Caller(gate, { token }) };
	for (const role of CALLERS.filter((c) => !callers[c]))
		callers[role] = await person(gate, role.replace('@', '-at-'), role);
	return { gate, callers, grants, dummy };
}

// A real target of an operation: of the server `files`, of `hidden`, or of none.
function targetOf(route, server, { grants, dummy }) {
	const of = { files: { name: 'files', policy: 'seen', grant: grants.files }, hidden: { name: 'zz-hidden', policy: 'zz-hidden', grant: grants['zz-hidden'] },
	             none: { name: 'no-such', policy: 'no-such', grant: NOTHING } }[server];
	return route.replace(/^\/users\/:id/, `/users/${dummy}`).replace(/^\/policies\/:name/, `/policies/${of.policy}`).replace(/^\/grants\/:id/, `/grants/${of.grant}`)
		.replace(/^(\/(?:catalog\/)?servers)\/:\w+/, `$1/${of.name}`).replace(/^\/tools\/:server/, `/tools/${of.name}`).replace(/\/bindings\/:server/, `/bindings/${of.name}`)
		.replace(':version', '1').replace(':name', 'echo').replace(':id', NOTHING);
}

test('every operation by everybody', async (t) => {
	const all = await open(t);
	const wrong = [];
	const ends = (r) => r.route === '/session' && r.method === 'DELETE';
	for (const row of [...table.filter((r) => !ends(r)), ...table.filter(ends)])
		for (const who of CALLERS) {
			const status = await statusOf(all.callers[who], row.method, targetOf(row.route, 'files', all), bodyOf(row.method));
			const expected = row.outcomes[who];
			if (expected === 'yes' ? [401, 403, 500].includes(status) : status !== Number(expected))
				wrong.push(`${row.method} ${row.route} by ${who}: ${status}, not ${expected}`);
		}
	assert.deepEqual(wrong, []);
});

test('of another server nobody learns anything', async (t) => {
	const all = await open(t);
	const wrong = [];
	for (const row of table.filter((r) => r.scope === 'server' && r.route.includes(':'))) {
		const [hidden, none] = [targetOf(row.route, 'hidden', all), targetOf(row.route, 'none', all)];
		// Whoever writes a policy of a name that is taken must be told so.
		if (hidden === none || (row.method === 'PUT' && row.route === '/policies/:name'))
			continue;
		for (const who of ROLES.map((r) => `${r}@files`)) {
			const [is, would] = [await all.callers[who].call(row.method, hidden, bodyOf(row.method), { isJudged: false }), await all.callers[who].call(row.method, none, bodyOf(row.method), { isJudged: false })];
			const text = (r) => r.text.replaceAll('zz-hidden', 'X').replaceAll('no-such', 'X').replaceAll(all.grants['zz-hidden'], 'X').replaceAll(NOTHING, 'X');
			if (is.status < 400 || is.status !== would.status || text(is) !== text(would))
				wrong.push(`${row.method} ${row.route} by ${who}: ${is.status} ${is.text.slice(0, 200)}, and of none ${would.status} ${would.text.slice(0, 200)}`);
		}
	}
	const policy = { version: '1', default: 'deny' };
	const asked = (of) => [
		['GET', `/tools?server=${of.name}`], ['GET', `/tools?grant=${of.grant}`], ['GET', `/pins?server=${of.name}`], ['GET', `/limits?server=${of.name}`], ['GET', `/limits?grant=${of.grant}`],
		['GET', `/records?server=${of.name}`], ['GET', `/records?grant=${of.grant}`], ['GET', `/grants?server=${of.name}`], ['GET', `/grants?policy=${of.name}`], ['GET', `/servers?q=${of.name}`],
		['GET', `/grants?q=${of.name}`], ['GET', `/policies?q=${of.name}`], ['GET', `/policies/seen/diff?server=${of.name}`],
		['POST', '/policies/explain', { policy: of.name, server: 'files', tool: 'echo' }], ['POST', '/policies/explain', { document: policy, server: of.name, tool: 'echo' }],
		['POST', '/policies/explain', { document: policy, server: 'files', tool: 'echo', grant: of.grant }], ['POST', '/policies/check', { document: policy, server: of.name }],
		['POST', '/policies/recommend', { server: of.name }], ['POST', '/policies/simulate', { document: policy, server: of.name }],
		['POST', '/playground', { grant: of.grant, server: 'files', tool: 'echo' }], ['POST', '/playground', { grant: of.label, server: 'files', tool: 'echo' }], ['POST', '/playground', { grant: 'seen grant', server: of.name, tool: 'echo' }],
		['POST', '/pins', { server: of.name, tool: 'echo', pin: '0123456789', decision: 'accept' }], ['POST', '/grants', { label: 'mine', bindings: [{ server: of.name, policy: null }] }],
		['POST', '/grants', { label: 'mine', bindings: [{ server: 'files', policy: of.name }] }],
	];
	const names = (r) => [['zz-hidden', 'X'], ['no-such', 'X'], [all.grants['zz-hidden'], 'X'], [NOTHING, 'X']].reduce((x, [from, to]) => x.replaceAll(from, to), r.text);
	const [is, would] = [{ name: 'zz-hidden', grant: all.grants['zz-hidden'], label: 'zz-hidden grant' }, { name: 'no-such', grant: NOTHING, label: 'no-such grant' }].map(asked);
	for (const [i, [method, target, body]] of is.entries())
		for (const who of ROLES.map((r) => `${r}@files`)) {
			const a = await all.callers[who].call(method, target, body, { isJudged: false }), b = await all.callers[who].call(method, would[i][1], would[i][2], { isJudged: false });
			if (a.status !== b.status || names(a) !== names(b))
				wrong.push(`${method} ${target} ${JSON.stringify(body)} by ${who}: ${a.status} ${a.text.slice(0, 250)}, and of none ${b.status} ${b.text.slice(0, 250)}`);
		}
	for (const row of table.filter((r) => r.method === 'GET' && r.scope === 'server' && !r.route.includes(':') && r.route !== '/events'))
		for (const who of ROLES.map((r) => `${r}@files`)) {
			const r = await all.callers[who].call('GET', row.route, undefined, { isJudged: false });
			if (/zz-hidden/.test(r.text) || r.text.includes(all.grants['zz-hidden']))
				wrong.push(`GET ${row.route} by ${who} shows it: ${r.text.slice(0, 300)}`);
		}
	assert.deepEqual(wrong, []);
});

test('an admin of one server chooses no programs', async (t) => {
	const { gate, callers } = await open(t);
	await gate.addServer('tool', ['node', '--version']);
	const { id } = (await local(gate).get('/users?q=admin-at-files')).json.users[0];
	await local(gate).good('PATCH', `/users/${id}`, { roles: [{ role: 'admin', server: 'tool' }, { role: 'admin', server: 'files' }] }, { headers: { 'if-match': '*' } });
	const of = callers['admin@files'];
	const kept = (await of.get('/servers/tool')).is(200).json;
	const put = (caller, server, document) => caller.put(`/servers/${server}`, document, { headers: { 'if-match': '*' } });
	(await put(of, 'tool', { command: kept.command, limits: { calls_max: 5 } })).is(200);
	(await put(of, 'tool', { command: ['sh', '-c', 'id'] })).is(403, /organisation/);
	(await put(of, 'tool', { command: kept.command, env: [{ name: 'NODE_OPTIONS', value: '--require /tmp/x' }] })).is(403);
	(await put(of, 'tool', { command: kept.command, cwd: '/tmp' })).is(403);
	(await put(of, 'files', { url: 'http://127.0.0.1:1/mcp' })).is(403);
	(await of.post('/servers', { name: 'new', command: ['sh'] })).is(403);
	(await put(callers.admin, 'tool', { command: ['node', '--help'] })).is(200);
});
