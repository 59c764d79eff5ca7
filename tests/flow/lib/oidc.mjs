// Identity providers for tests: a real one (the package oidc-provider), and a small one that lies as it is told.
import http from 'node:http';
import { atEnd } from './ending.mjs';

export const CLIENT = { id: 'gatehouse', secret: 'a secret with : and % in it' };

async function listen(t, handler) {
	const server = http.createServer((req, res) => handler.fn(req, res));
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	atEnd(t, () => new Promise((resolve) => {
		server.closeAllConnections();
		server.close(resolve);
	}));
	return `http://127.0.0.1:${server.address().port}`;
}

function body(req) {
	return new Promise((resolve) => {
		const parts = [];
		req.on('data', (p) => parts.push(p));
		req.on('end', () => resolve(Buffer.concat(parts).toString('utf8')));
	});
}

async function keyOf(jose, alg, kid, options = {}) {
	const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true, ...options });
	return { kid, alg, privateKey, public: { ...await jose.exportJWK(publicKey), kid, alg, use: 'sig' },
	         private: { ...await jose.exportJWK(privateKey), kid, alg, use: 'sig' } };
}

// Who signs in at it is `person`: the claims. It asks nobody anything.
export class RealProvider {
	static async start(t) {
		const p = new RealProvider();
		p.handler = { fn: (req, res) => res.writeHead(503).end() };
		p.issuer = await listen(t, p.handler);
		return p;
	}

	// Once the gate's address is known.
	async open(redirectUri, { alg = 'RS256', auth = 'client_secret_basic', claimsInToken = true } = {}) {
		const { Provider } = await import('oidc-provider');
		const jose = await import('jose');
		const keys = await Promise.all(['RS256', 'ES256', 'EdDSA'].map((a) => keyOf(jose, a, `key-${a}`)));
		this.provider = new Provider(this.issuer, {
			clients: [{ client_id: CLIENT.id, ...(auth === 'none' ? {} : { client_secret: CLIENT.secret }), redirect_uris: [redirectUri], grant_types: ['authorization_code'],
			            response_types: ['code'], token_endpoint_auth_method: auth, id_token_signed_response_alg: alg }],
			clientAuthMethods: [auth],
			jwks: { keys: keys.map((k) => k.private) },
			enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA'] },
			conformIdTokenClaims: !claimsInToken,
			claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
			cookies: { keys: ['only for tests'] },
			features: { devInteractions: { enabled: false } },
			interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
			findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...this.person, sub: id }) }),
			ttl: { AccessToken: 60, AuthorizationCode: 60, IdToken: 60, Interaction: 60, Session: 60, Grant: 60 },
		});
		const app = this.provider.callback();
		this.handler.fn = (req, res) => (req.url.startsWith('/interaction/') ? this.interact(req, res) : app(req, res));
	}

	async interact(req, res) {
		try {
			const details = await this.provider.interactionDetails(req, res);
			if (this.refuses)
				return await this.provider.interactionFinished(req, res, { error: 'access_denied', error_description: 'not today' }, { mergeWithLastSubmission: false });
			const grant = new this.provider.Grant({ accountId: this.person.sub, clientId: CLIENT.id });
			grant.addOIDCScope(details.params.scope);
			return await this.provider.interactionFinished(req, res, { login: { accountId: this.person.sub }, consent: { grantId: await grant.save() } });
		} catch (e) {
			return res.writeHead(500).end(String(e));
		}
	}
}

// Answers what `lies` says: metadata, header and claims of the token, the key that signs, the token itself, …
export class SmallProvider {
	static async start(t) {
		const jose = await import('jose');
		const p = new SmallProvider();
		p.jose = jose;
		p.issuer = await listen(t, { fn: (req, res) => p.answer(req, res) });
		p.key = await keyOf(jose, 'RS256', 'k1');
		p.other = await keyOf(jose, 'RS256', 'k1');
		p.keys = [p.key.public];
		p.asked = {};
		p.lies = {};
		return p;
	}

	count(what) {
		this.asked[what] = (this.asked[what] ?? 0) + 1;
	}

	async answer(req, res) {
		const send = (value, status = 200, type = 'application/json') => res.writeHead(status, { 'content-type': type }).end(typeof value === 'string' ? value : JSON.stringify(value));
		const path = req.url.split('?')[0];
		this.count(path);
		if (path === '/.well-known/openid-configuration')
			return send({ issuer: this.issuer, authorization_endpoint: `${this.issuer}/auth`, token_endpoint: `${this.issuer}/token`,
			              jwks_uri: `${this.issuer}/jwks`, userinfo_endpoint: `${this.issuer}/me`, ...this.lies.metadata });
		if (path === '/jwks')
			return send({ keys: this.keys });
		if (path === '/me')
			return send({ sub: '7', email: 'ann@example.com', email_verified: true, ...this.lies.info });
		if (path !== '/token')
			return send({}, 404);
		this.form = new URLSearchParams(await body(req));
		this.authorization = req.headers.authorization;
		if (this.lies.answer)
			return this.lies.answer(res, send);
		return send({ access_token: 'at', token_type: 'Bearer', id_token: this.lies.token ?? await this.token() });
	}

	claims() {
		const now = Math.floor(Date.now() / 1000);
		return { iss: this.issuer, sub: '7', aud: CLIENT.id, exp: now + 60, iat: now, nonce: this.nonce, email: 'ann@example.com', email_verified: true, ...this.lies.claims };
	}

	token() {
		const key = this.lies.key ?? this.key;
		const header = { alg: key.alg ?? 'RS256', kid: key.kid, ...this.lies.header };
		return new this.jose.SignJWT(this.claims()).setProtectedHeader(header).sign(key.secret ?? key.privateKey);
	}
}

// A browser as far as redirects and cookies go.
export class Browser {
	constructor() {
		this.jar = new Map();
		this.trail = [];
	}

	async go(url, until = () => false) {
		for (let i = 0; i < 20; i++) {
			this.trail.push(url);
			const at = new URL(url);
			const own = this.jar.get(at.host) ?? new Map();
			this.jar.set(at.host, own);
			const res = await fetch(url, { redirect: 'manual', headers: { cookie: [...own].map(([k, v]) => `${k}=${v}`).join('; ') } });
			for (const line of res.headers.getSetCookie()) {
				const [pair, ...attributes] = line.split(';').map((s) => s.trim());
				const name = pair.slice(0, pair.indexOf('='));
				if (attributes.some((a) => /^max-age=0$/i.test(a) || /^expires=thu, 01 jan 1970/i.test(a)))
					own.delete(name);
				else
					own.set(name, pair.slice(name.length + 1));
			}
			await res.arrayBuffer();
			const next = res.headers.get('location') ? new URL(res.headers.get('location'), url).href : null;
			if (!next || until(next))
				return { status: res.status, url, next };
			url = next;
		}
		throw new Error(`too many redirects: ${this.trail.join('\n')}`);
	}

	cookie(host, name) {
		return this.jar.get(host)?.get(name);
	}
}
