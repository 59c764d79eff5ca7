// A console to test: the real program with real MCP servers behind it, and a real Chromium that looks at it.
// A machine without Chromium skips these tests, and says so.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { atEnd } from '../flow/lib/ending.mjs';
import { Gate, MODULES, tempDir } from '../flow/lib/gate.mjs';
import { commandOfEverything, commandOfFilesystem } from '../flow/lib/servers.mjs';
import { Caller } from '../flow/lib/api.mjs';
import { connectHttp } from '../flow/lib/client.mjs';

const CHROMIUM = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => p && existsSync(p));
const AXE = path.join(MODULES, 'axe-core/axe.min.js');
export const ADMIN = { name: 'admin', password: 'plum orbit candle 47' };
export const WIDE = { width: 1360, height: 860 };
export const PHONE = { width: 390, height: 844 };

export const skip = !CHROMIUM ? 'there is no Chromium on this machine' : !existsSync(AXE) ? 'the packages of tests are not installed (npm)' : false;

let browser;

async function chromium(t) {
	if (!browser) {
		const { chromium: kind } = createRequire(path.join(MODULES, 'x.js'))('playwright-core');
		browser = kind.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
		process.once('beforeExit', () => browser?.then((b) => b.close()));
	}
	return browser;
}

// Ends the one browser of a test file: after(closeBrowser).
export async function closeBrowser() {
	await (await browser)?.close();
	browser = undefined;
}

export class Console {
	constructor(t, gate) {
		this.test = t;
		this.gate = gate;
		this.origin = `http://127.0.0.1:${gate.port}`;
		this.requests = [];
		this.complaints = [];
	}

	// Another person's window: nothing is shared with the first.
	async window({ theme = 'light', size = WIDE } = {}) {
		const b = await chromium(this.test);
		const context = await b.newContext({ viewport: size, colorScheme: theme, reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'UTC', permissions: ['clipboard-read', 'clipboard-write'],
			hasTouch: size.width < 500, isMobile: size.width < 500 });
		atEnd(this.test, () => context.close());
		context.setDefaultTimeout(Number(process.env.CONSOLE_TIMEOUT_MS ?? 20000));
		const page = await context.newPage();
		page.on('request', (r) => this.requests.push(r.url()));
		page.on('pageerror', (e) => this.complaints.push(`error: ${e.message}`));
		page.on('console', (m) => {
			// An answer of the API that is not good is no fault of the page.
			if (m.type() === 'error' && !/Failed to load resource/.test(m.text()))
				this.complaints.push(`${m.type()}: ${m.text()}`);
		});
		return page;
	}

	get api() {
		return new Caller(this.gate, { socket: true, isJudged: false });
	}

	// The first administrator, by the link that the program prints once.
	async setUp(page, { name = ADMIN.name, password = ADMIN.password } = {}) {
		const link = await this.setUpLink();
		await page.goto(link);
		await page.getByLabel('Name', { exact: true }).fill(name);
		await page.getByLabel('Password', { exact: true }).fill(password);
		await page.getByLabel('Password again').fill(password);
		await page.getByRole('button', { name: 'Create and sign in' }).click();
		await page.locator('.frame').waitFor();
	}

	async setUpLink() {
		const seen = [...this.gate.process.out, ...this.gate.process.err].join('\n');
		const token = /setup#token=([\w-]+)/.exec(seen)?.[1] ?? /setup#token=([\w-]+)/.exec((await this.gate.mustRun(['user', 'setup-link'])).out)?.[1];
		assert.ok(token, 'the program prints the link for the first administrator');
		return `${this.origin}/setup#token=${token}`;
	}

	// Signs in by the form. Somebody who is not there yet is made by the admin socket, with these roles.
	async signIn(page, { name = ADMIN.name, password = ADMIN.password, roles = ['admin'], to = '/' } = {}) {
		await this.person(name, password, roles);
		await page.goto(this.origin + to);
		await page.getByLabel('Name', { exact: true }).fill(name);
		await page.getByLabel('Password', { exact: true }).fill(password);
		await page.getByRole('button', { name: 'Sign in', exact: true }).click();
		await page.locator('.frame').waitFor();
	}

	async person(name, password, roles) {
		const { users } = await this.api.good('GET', `/users?q=${encodeURIComponent(name)}`);
		if (users.some((u) => u.name === name))
			return;
		const given = roles.map((r) => ({ role: r.split('@')[0], server: r.split('@')[1] ?? null }));
		const made = await this.api.good('POST', '/users', { name, roles: given });
		const r = await new Caller(this.gate, { isJudged: false }).post('/setup', { token: made.invite_url.split('#token=')[1], password });
		assert.equal(r.status, 200, r.text);
	}

	async go(page, to) {
		await page.goto(this.origin + to);
		await page.locator('#main h1').first().waitFor();
	}

	// What a machine finds of barriers; the whole page, or what is within.
	async axe(page, what = 'the page') {
		if (!await page.evaluate(() => 'axe' in window))
			await page.evaluate(readFileSync(AXE, 'utf8'));
		const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
		assert.deepEqual(violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 4).map((n) => `${n.target.join(' ')} ${n.any?.[0]?.message ?? ''}`).join(' | ')}`), [], `barriers in ${what}`);
	}

	// Nothing is asked of anybody else, and nothing failed in the page.
	isQuiet() {
		assert.deepEqual(this.requests.filter((u) => new URL(u).origin !== this.origin && !/^(data|blob):/.test(u)), [], 'every request goes to the gate');
		assert.deepEqual(this.complaints, [], 'the pages have no errors');
	}
}

// A gate with a console. servers: { name: url | [command…] }; files: a folder with files in it, as console.files; at
// `folder` where there is nothing yet.
export async function openConsole(t, { servers = {}, policies = {}, grants = {}, folder, ...options } = {}) {
	const gate = new Gate(t, options);
	const files = realpathSync(folder && !existsSync(folder) ? mkdirSync(folder, { recursive: true }) ?? folder : tempDir('gatehouse-files-'));
	atEnd(t, async () => (await import('node:fs')).rmSync(files, { recursive: true, force: true }));
	mkdirSync(path.join(files, 'notes'));
	writeFileSync(path.join(files, 'hello.txt'), 'Hello from behind the gate.\n');
	writeFileSync(path.join(files, 'notes/plan.md'), '# Plan\n\n1. Put a server behind the gate.\n');
	await gate.start();
	const made = typeof servers === 'function' ? servers(files) : servers;
	for (const [name, where] of Object.entries(made))
		await gate.addServer(name, where);
	for (const [name, document] of Object.entries(policies))
		await gate.applyPolicy(name, document);
	const console = new Console(t, gate);
	console.files = files;
	console.tokens = {};
	for (const [label, rights] of Object.entries(grants))
		console.tokens[label] = await gate.grant(label, rights);
	return console;
}

// Two real servers, two policies and two grants, as most pages want them.
export const FULL = {
	servers: (files) => ({ files: commandOfFilesystem(files), everything: commandOfEverything('console') }),
	policies: {
		'read-files': { version: '1', default: 'deny', tools: { read_text_file: {}, list_directory: {}, write_file: { action: 'require_approval' }, move_file: { action: 'deny', reason: 'moving files is switched off' } } },
		'try-things': { version: '1', default: 'allow', hide: ['trigger-*'], tools: { echo: { limits: [{ counter: 'echo_rate', window: 'minute', max: 30, scope: 'grant' }] }, 'get-env': { action: 'deny' } } },
	},
	grants: { 'alice-laptop': { files: 'read-files', everything: 'try-things' }, 'ci-runner': { everything: 'try-things' } },
};

// A client of a grant: the official SDK, over the address that a person would paste.
export async function client(console, label, server) {
	return connectHttp(console.test, console.gate.url(server), console.tokens[label]);
}
