// Sign-in by an identity provider: the whole way with a real one, and all that a bad one could send.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Caller, local, nobody } from './lib/api.mjs';
import { MODULES, startGate } from './lib/gate.mjs';
import { Browser, CLIENT, RealProvider, SmallProvider } from './lib/oidc.mjs';

const skip = ['oidc-provider', 'jose'].every((name) => existsSync(path.join(MODULES, name))) ? false : 'the packages of tests/package.json are not installed';

const settings = (issuer, more = {}) => {
	const all = { issuer, client_id: CLIENT.id, client_secret: '${OIDC_SECRET}', name: 'Example', ...more };
	return `console:\n  oidc:\n${Object.entries(all).filter(([, v]) => v !== undefined).map(([k, v]) => `    ${k}: ${JSON.stringify(v)}\n`).join('')}`;
};
const open = (t, issuer, more = {}) => startGate(t, { config: settings(issuer, more), env: { OIDC_SECRET: CLIENT.secret } });
const base = (gate) => `http://127.0.0.1:${gate.port}`;
const callback = (gate) => `${base(gate)}/api/v1/session/oidc/callback`;
const host = (gate) => `127.0.0.1:${gate.port}`;

// Through the provider, to where the console is reached.
async function through(gate, wanted = '/activity') {
	const browser = new Browser();
	const end = await browser.go(`${base(gate)}/api/v1/session/oidc?return=${encodeURIComponent(wanted)}`, (next) => next.startsWith(base(gate)) && !next.includes('/api/'));
	const cookie = browser.cookie(host(gate), '__Host-gatehouse');
	const caller = new Caller(gate, { cookie });
	const session = (await caller.get('/session')).is(200).json;
	caller.csrf = session.csrf;
	return { browser, end: end.next?.slice(base(gate).length), cookie, session, caller };
}

for (const [alg, auth, claimsInToken] of [['RS256', 'client_secret_basic', true], ['ES256', 'client_secret_post', false], ['EdDSA', 'none', true]])
	test(`a real provider: ${alg}, ${auth}, claims ${claimsInToken ? 'in the token' : 'at userinfo'}`, { skip }, async (t) => {
		const provider = await RealProvider.start(t);
		const gate = await open(t, provider.issuer, { allowed_domains: ['example.com'], roles: ['ops=approver@files', 'bosses=admin'], client_secret: auth === 'none' ? undefined : '${OIDC_SECRET}' });
		await gate.addServer('files', 'http://127.0.0.1:9/mcp');
		await provider.open(callback(gate), { alg, auth, claimsInToken });
		assert.deepEqual((await nobody(gate).get('/session')).json.oidc, { name: 'Example' });
		provider.person = { sub: 'u-1', email: 'Ann@example.com', email_verified: true, name: 'Ann Example', groups: ['ops'] };
		const first = await through(gate);
		assert.equal(first.end, '/activity', first.browser.trail.join('\n'));
		assert.equal(first.session.signed_in, true);
		assert.equal(first.session.user.display_name, 'Ann Example');
		assert.deepEqual(first.session.permissions, { organisation: [], servers: { files: ['see', 'approve'] } });
		assert.equal(first.session.has_password, false);
		assert.equal(first.browser.cookie(host(gate), '__Host-gatehouse-oidc'), undefined, 'the cookie of the way is gone');
		const asked = new URL(first.browser.trail[1]);
		assert.equal(asked.searchParams.get('code_challenge_method'), 'S256');
		assert.ok(asked.searchParams.get('state').length >= 43 && asked.searchParams.get('nonce').length >= 43);
		provider.person.groups = ['bosses'];
		const second = await through(gate, '/users');
		assert.equal(second.end, '/users');
		assert.equal(second.session.user.id, first.session.user.id, 'the same person');
		assert.deepEqual(second.session.permissions.organisation, ['see', 'audit', 'approve', 'policy', 'manage'], 'the groups decide at each sign-in');
		const [user] = (await second.caller.get('/users')).is(200).json.users;
		assert.equal(user.kind, 'oidc');
		assert.equal(user.email.toLowerCase(), 'ann@example.com');
		(await second.caller.post(`/users/${user.id}/invite`)).is(409);
		(await second.caller.put('/session/password', { old: 'x', new: 'a good password here' })).is(422);
		const changes = (await second.caller.get('/changes?what=user.sign_in')).json;
		assert.equal(changes.total, 2);
		assert.match(changes.changes[0].note, /identity provider/);
		assert.ok(!gate.log().some((l) => l.includes(CLIENT.secret)), 'no secret in the log');
	});

test('who may come in: invited by address, allowed, or nobody', { skip }, async (t) => {
	const provider = await RealProvider.start(t);
	const gate = await open(t, provider.issuer, { allowed_emails: ['carol@partner.example'] });
	await provider.open(callback(gate));
	await local(gate).good('POST', '/users', { name: 'ann', email: 'ann@example.com', roles: [{ role: 'auditor' }] });
	provider.person = { sub: '1', email: 'ann@example.com', email_verified: true };
	const ann = await through(gate);
	assert.deepEqual([ann.session.user?.name, ann.session.permissions?.organisation], ['ann', ['see', 'audit']], 'an invitation by address; the roles stay');
	provider.person = { sub: '2', email: 'ann@example.com', email_verified: true };
	assert.equal((await through(gate)).end, '/signin?problem=uninvited', 'another person of the same address');
	provider.person = { sub: '3', email: 'carol@partner.example', email_verified: false };
	assert.equal((await through(gate)).end, '/signin?problem=uninvited', 'an address that is not verified');
	provider.person = { sub: '3', email: 'dave@partner.example', email_verified: true };
	assert.equal((await through(gate)).end, '/signin?problem=uninvited');
	provider.person = { sub: '3', email: 'carol@partner.example', email_verified: true };
	assert.deepEqual((await through(gate)).session.permissions.organisation, ['see'], 'the default role');
	provider.refuses = true;
	assert.equal((await through(gate)).end, '/signin?problem=refused');
	provider.refuses = false;
	const { users } = await local(gate).good('GET', '/users?q=carol');
	await local(gate).good('PATCH', `/users/${users[0].id}`, { is_enabled: false }, { headers: { 'if-match': '*' } });
	assert.equal((await through(gate)).end, '/signin?problem=uninvited', 'who is disabled stays out');
});

// Leaves for the provider; answers what came along.
async function leave(gate, query = '') {
	const r = await nobody(gate).get(`/session/oidc${query}`);
	r.is(302);
	const to = new URL(r.headers.location, base(gate));
	return { to, state: to.searchParams.get('state'), nonce: to.searchParams.get('nonce'), cookie: r.cookie('__Host-gatehouse-oidc') };
}

const back = (gate, way, more = {}, cookie = way.cookie) => nobody(gate).get(`/session/oidc/callback?${new URLSearchParams({ state: way.state, code: 'c', ...more })}`,
	{ headers: cookie ? { cookie: `other=1; __Host-gatehouse-oidc=${cookie}` } : {} });

async function attempt(gate, provider, lies, more) {
	provider.lies = lies;
	const way = await leave(gate);
	provider.nonce = way.nonce;
	const r = await back(gate, way, more);
	r.is(302);
	const signedIn = r.cookie() !== undefined && r.cookie() !== '';
	assert.equal(signedIn, !/problem/.test(r.headers.location));
	return r.headers.location;
}

test('a provider that lies', { skip }, async (t) => {
	const provider = await SmallProvider.start(t);
	const gate = await open(t, provider.issuer, { allowed_domains: ['example.com'] });
	const now = () => Math.floor(Date.now() / 1000);
	assert.equal(await attempt(gate, provider, {}), '/', 'the truth');
	assert.equal(provider.authorization, `Basic ${Buffer.from(`${CLIENT.id}:${encodeURIComponent(CLIENT.secret)}`).toString('base64')}`);
	assert.equal(provider.form.get('grant_type'), 'authorization_code');
	assert.equal(provider.form.get('redirect_uri'), callback(gate));
	const untrusted = {
		'another nonce': { claims: { nonce: 'another' } },
		'no nonce': { claims: { nonce: undefined } },
		'another issuer': { claims: { iss: 'https://evil.example' } },
		'another audience': { claims: { aud: 'another' } },
		'two audiences without azp': { claims: { aud: [CLIENT.id, 'another'] } },
		'another azp': { claims: { azp: 'another' } },
		'expired': { claims: { exp: now() - 120 } },
		'of yesterday': { claims: { iat: now() - 86400 } },
		'of the future': { claims: { iat: now() + 600 } },
		'not before tomorrow': { claims: { nbf: now() + 86400 } },
		'no exp': { claims: { exp: undefined } },
		'no sub': { claims: { sub: undefined } },
		'another key of the same id': { key: provider.other },
		'another key of another id': { key: { ...provider.other, kid: 'k9' } },
		'a critical header': { header: { crit: ['b64'], b64: true } },
		'a token that is none': { token: 'e30.e30.e30' },
		'no token': { token: '' },
	};
	for (const [what, lies] of Object.entries(untrusted))
		assert.equal(await attempt(gate, provider, lies), '/signin?problem=untrusted', what);
	const encode = (v) => Buffer.from(JSON.stringify(v)).toString('base64url');
	const claims = () => provider.claims();
	for (const alg of ['none', 'None', '', 'RS512']) {
		provider.lies = {};
		const way = await leave(gate);
		provider.nonce = way.nonce;
		provider.lies = { token: `${encode({ alg, kid: 'k1' })}.${encode(claims())}.` };
		assert.equal((await back(gate, way)).headers.location, '/signin?problem=untrusted', `alg '${alg}'`);
	}
	const pem = new TextEncoder().encode(await provider.jose.exportSPKI(await provider.jose.importJWK(provider.key.public, 'RS256', { extractable: true })));
	assert.equal(await attempt(gate, provider, { key: { alg: 'HS256', kid: 'k1', secret: pem } }), '/signin?problem=untrusted', 'the public key as a shared secret');
	assert.equal(await attempt(gate, provider, {}, { iss: 'https://evil.example' }), '/signin?problem=untrusted', 'an answer of another issuer');
	assert.equal(await attempt(gate, provider, {}, { code: '' }), '/signin?problem=untrusted');
	assert.equal(await attempt(gate, provider, { claims: { email: undefined } }), '/', 'the address of userinfo');
	assert.equal(await attempt(gate, provider, { claims: { sub: '8', email: undefined }, info: { sub: '7' } }), '/signin?problem=uninvited', 'userinfo about somebody else counts for nothing');
	assert.equal(await attempt(gate, provider, { answer: (res, send) => send({ error: 'invalid_grant' }, 400) }), '/signin?problem=provider');
	assert.equal(await attempt(gate, provider, { answer: (res, send) => send('<html>', 200, 'text/html') }), '/signin?problem=provider');
	assert.equal(await attempt(gate, provider, { answer: (res, send) => send('x'.repeat(2 << 20)) }), '/signin?problem=provider');
	assert.equal(await attempt(gate, provider, { answer: (res) => res.writeHead(302, { location: `${provider.issuer}/token` }).end() }), '/signin?problem=provider', 'no redirect is followed');
	assert.equal(await attempt(gate, provider, { answer: (res) => res.destroy() }), '/signin?problem=provider');
	assert.ok(!gate.log().some((l) => l.includes(CLIENT.secret)));
});

test('keys: kept, and fetched once more for an id that is new', { skip }, async (t) => {
	const provider = await SmallProvider.start(t);
	const gate = await open(t, provider.issuer, { allowed_domains: ['example.com'] });
	for (let i = 0; i < 3; i++)
		assert.equal(await attempt(gate, provider, {}), '/');
	assert.equal(provider.asked['/jwks'], 1);
	assert.equal(provider.asked['/.well-known/openid-configuration'], 1);
	const fresh = { ...provider.other, kid: 'k2' };
	provider.keys = [provider.key.public, { ...provider.other.public, kid: 'k2' }];
	assert.equal(await attempt(gate, provider, { key: fresh }), '/');
	assert.equal(provider.asked['/jwks'], 2);
	assert.equal(await attempt(gate, provider, { key: { ...fresh, kid: 'k3' } }), '/signin?problem=untrusted');
	assert.equal(provider.asked['/jwks'], 3);
});

test('the way back: state, cookie, and where to', { skip }, async (t) => {
	const provider = await SmallProvider.start(t);
	const gate = await open(t, provider.issuer, { allowed_domains: ['example.com'] });
	const go = async (change) => {
		const way = await leave(gate);
		provider.nonce = way.nonce;
		const r = await change(way);
		r.is(302);
		assert.ok(/problem/.test(r.headers.location) ? !r.cookie() : r.cookie());
		return r.headers.location;
	};
	const other = await leave(gate);
	assert.equal(await go((way) => back(gate, { ...way, state: other.state })), '/signin?problem=stale');
	assert.equal(await go((way) => back(gate, { ...way, state: '' })), '/signin?problem=stale');
	assert.equal(await go((way) => back(gate, way, {}, null)), '/signin?problem=stale', 'another browser');
	assert.equal(await go((way) => back(gate, way, {}, other.cookie)), '/signin?problem=stale');
	assert.equal(await go((way) => back(gate, way, {}, `${way.cookie.slice(0, -2)}AA`)), '/signin?problem=stale', 'a cookie that was changed');
	assert.equal(await go((way) => back(gate, way, { error: 'access_denied', error_description: '<b>click here</b>' })), '/signin?problem=refused');
	assert.equal(await go((way) => back(gate, way, { session_state: 'x', scope: 'openid', hd: 'example.com' })), '/', 'what providers add is no matter');
	for (const [wanted, is] of [['/policies/files?x=1', '/policies/files?x=1'], ['//evil.example', '/'], ['/\\evil.example', '/'], ['https://evil.example', '/'], ['/api/v1/session', '/'], ['/a b', '/'], ['/a\r\nset-cookie: x=1', '/'], ['', '/']]) {
		const way = await leave(gate, `?return=${encodeURIComponent(wanted)}`);
		provider.nonce = way.nonce;
		assert.equal((await back(gate, way)).headers.location, is, wanted);
	}
	(await nobody(gate).get('/session/oidc', { headers: { host: 'gate.example.com' } })).is(403, /https/);
	(await nobody(gate).get('/session/oidc', { headers: { host: 'gate.example.com', 'x-forwarded-proto': 'https' } })).is(409, /console\.url/);
});

test('a provider that is set up wrongly, and none at all', { skip }, async (t) => {
	const provider = await SmallProvider.start(t);
	const gate = await open(t, provider.issuer);
	for (const metadata of [{ issuer: `${provider.issuer}/` }, { token_endpoint: 'http://id.example/token' }, { jwks_uri: undefined }, { authorization_endpoint: 'javascript:alert(1)' }]) {
		provider.lies = { metadata };
		assert.equal((await nobody(gate).get('/session/oidc')).is(302).headers.location, '/signin?problem=provider', JSON.stringify(metadata));
	}
	provider.lies = {};
	assert.match((await nobody(gate).get('/session/oidc')).headers.location, /\/auth\?/, 'once it is mended');
	assert.ok(gate.log().some((l) => /calls itself/.test(l)), 'the log says why');
	const none = await startGate(t);
	(await nobody(none).get('/session/oidc')).is(404, /console\.oidc/);
	(await nobody(none).get('/session/oidc/callback?state=x&code=y')).is(404);
});

test('a console of its own address', { skip }, async (t) => {
	const provider = await SmallProvider.start(t);
	const gate = await startGate(t, { config: settings(provider.issuer, { client_secret: 'x' }).replace('console:\n', 'console:\n  url: https://gate.example.com/\n') });
	const way = await nobody(gate).get('/session/oidc', { headers: { host: 'gate.example.com' } });
	assert.equal(new URL(way.is(302).headers.location).searchParams.get('redirect_uri'), 'https://gate.example.com/api/v1/session/oidc/callback');
});
