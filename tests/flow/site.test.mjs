// The site: real servers and a hostile list become pages; links lead somewhere, nothing is fetched from elsewhere,
// the search finds, the feeds are valid, hostile text stays text, and axe finds nothing on any kind of page.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { atEnd } from './lib/ending.mjs';
import { PROGRAM, environment, testDir } from './lib/gate.mjs';
import { run } from './lib/process.mjs';
import { commandOfEverything, commandOfFilesystem, commandOfMemory } from './lib/servers.mjs';

const require = createRequire(path.join(import.meta.dirname, '../package.json'));
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const SCRIPT = '</script><script>window.evil=1</script><img src=x onerror="window.evil=1">';
const BASE = 'https://tools.example.org/all/';
const AXE = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const HOSTILE = {
	server: `evil/${SCRIPT.replace(/\s/g, '_')}`, title: `Evil \u202e${SCRIPT}`, description: SCRIPT, repository: 'javascript:window.evil=1', website: 'https://evil.example/"onmouseover=x',
	tools: [
		{ name: `delete_everything${SCRIPT}`, description: `${SCRIPT} \u202egnp.exe \u200b\u0007 Deletes everything.`,
		  inputSchema: { type: 'object', properties: { [`"><b>${SCRIPT}`]: { type: 'string', description: SCRIPT }, action: { type: 'string', enum: ['read', 'delete', SCRIPT] } } },
		  annotations: { readOnlyHint: true, title: SCRIPT } },
		{ name: 'CON', description: 'A device.', inputSchema: { type: 'object' } },
		{ name: 'con', description: 'Another.', inputSchema: { type: 'object' } },
		{ name: '../../../etc/passwd', description: 'Climbs.', inputSchema: { type: 'object' } },
		{ name: 'long', description: 'word '.repeat(20000), inputSchema: { type: 'object' } },
		{ name: '删除文件', description: '删除一个文件', inputSchema: { type: 'object' } },
		{ name: 'bad', description: 5 },
	],
};

// One for all tests of this file: it takes a while.
let made;
function site(t) {
	made ??= make();
	return made;
}

const folder = { fns: [], after(f) { this.fns.push(f); } };
test.after(async () => {
	for (const f of folder.fns)
		await f();
});

async function make() {
	const dir = testDir(folder), db = path.join(dir, 'catalog.db'), out = path.join(dir, 'public');
	const call = async (...args) => {
		const r = await run([PROGRAM, ...args], { cwd: dir, env: environment(dir) });
		assert.equal(r.code, 0, `${args.join(' ')}: ${r.out}${r.err}`);
		return r.out;
	};
	writeFileSync(path.join(dir, 'hostile.jsonl'), `${JSON.stringify(HOSTILE)}\n`);
	await call('catalog', 'add', 'everything', '--db', db, '--', ...commandOfEverything('site'));
	await call('catalog', 'add', 'files', '--db', db, '--', ...commandOfFilesystem(dir));
	await call('catalog', 'add', 'memory', '--db', db, '--', ...commandOfMemory(path.join(dir, 'memory.json')));
	await call('catalog', 'add', 'hostile.jsonl', '--jsonl', '--db', db);
	await call('catalog', 'site', out, '--db', db, '--base-url', BASE, '--gate-url', 'https://gate.example/?server={server}&tool={tool}');
	return { dir, db, out, call };
}

function filesOf(dir, below = '') {
	return readdirSync(path.join(dir, below), { withFileTypes: true }).flatMap((e) => {
		const name = path.posix.join(below, e.name);
		return e.isDirectory() ? filesOf(dir, name) : [name];
	});
}

const unescape = (s) => s.replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

test('every link leads to a page of the site, and every element it names is there', async (t) => {
	const { out } = await site(t);
	const pages = filesOf(out).filter((f) => f.endsWith('.html'));
	assert.ok(pages.length > 100, `${pages.length} pages`);
	const ids = new Map(pages.map((p) => [p, new Set([...readFileSync(path.join(out, p), 'utf8').matchAll(/ id="([^"]+)"/g)].map((m) => m[1]))]));
	let links = 0;
	for (const page of pages) {
		const text = readFileSync(path.join(out, page), 'utf8');
		for (const [, attribute, raw] of text.matchAll(/ (href|src|action)="([^"]*)"/g)) {
			const to = unescape(raw);
			links++;
			if (/^https?:/.test(to)) {
				assert.equal(attribute, 'href', `${page} fetches ${to}`);
				continue;
			}
			assert.doesNotMatch(to, /^(\/|[a-z]+:)/i, `${page} has the link ${to}`);
			const [file, hash] = to.split('#');
			const target = file ? path.posix.normalize(path.posix.join(path.posix.dirname(page), file)) : page;
			assert.ok(existsSync(path.join(out, target)), `${page} leads to ${target}`);
			if (hash)
				assert.ok(ids.get(target).has(hash), `${page} leads to ${target}#${hash}`);
		}
		assert.match(text, /http-equiv="Content-Security-Policy" content="default-src 'none'/);
		assert.equal(new Set(ids.get(page)).size, [...text.matchAll(/ id="/g)].length, `${page} has an id twice`);
	}
	assert.ok(links > 1000);
});

test('names of files are safe anywhere, and no two are one where case is folded', async (t) => {
	const { out } = await site(t);
	const files = filesOf(out).filter((f) => f.startsWith('server/'));
	for (const f of files)
		assert.match(f, /^server\/[a-z0-9_~-]+\/[a-z0-9_~-]+\.(html|json)$/);
	const evil = files.filter((f) => f.startsWith('server/evil'));
	assert.equal(evil.filter((f) => f.endsWith('.html')).length, HOSTILE.tools.length + 1);
	assert.equal(evil.filter((f) => /\/con~[a-z2-7]{20}\.html$/.test(f)).length, 2);
});

// What RFC 4287 asks of a feed and its entries, over a reader that refuses what is not well-formed.
function readXml(text) {
	const stack = [], root = { name: '', children: [], text: '' };
	let at = root, i = 0;
	assert.ok(text.startsWith('<?xml version="1.0" encoding="utf-8"?>\n'));
	text = text.slice(text.indexOf('?>') + 2);
	const decode = (s) => {
		assert.doesNotMatch(s.replace(/&(amp|lt|gt|quot|#39);/g, ''), /[&<]/, 'what is no entity is escaped');
		// eslint-disable-next-line no-control-regex
		assert.doesNotMatch(s, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/, 'characters that XML has');
		return unescape(s);
	};
	while (i < text.length) {
		const m = /<(\/?)([a-zA-Z]+)((?: [a-z]+="[^"<]*")*)(\/?)>/y;
		m.lastIndex = i;
		const tag = m.exec(text);
		if (!tag) {
			const end = text.indexOf('<', i) < 0 ? text.length : text.indexOf('<', i);
			assert.ok(end > i, `a tag at ${text.slice(i, i + 60)}`);
			at.text += decode(text.slice(i, end));
			i = end;
			continue;
		}
		i = m.lastIndex;
		if (tag[1]) {
			assert.equal(tag[2], at.name, 'elements close in order');
			at = stack.pop();
			continue;
		}
		const child = { name: tag[2], children: [], text: '', attributes: Object.fromEntries([...tag[3].matchAll(/ ([a-z]+)="([^"]*)"/g)].map((x) => [x[1], decode(x[2])])) };
		at.children.push(child);
		if (!tag[4]) {
			stack.push(at);
			at = child;
		}
	}
	assert.equal(stack.length, 0, 'every element is closed');
	assert.equal(root.children.length, 1);
	return root.children[0];
}

const one = (e, name) => {
	const found = e.children.filter((c) => c.name === name);
	assert.equal(found.length, 1, `one ${name} in ${e.name}`);
	return found[0];
};
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

test('the feeds are valid, and say what changed', async (t) => {
	const { out } = await site(t);
	const feed = readXml(readFileSync(path.join(out, 'changes/atom.xml'), 'utf8'));
	assert.equal(feed.name, 'feed');
	assert.equal(feed.attributes.xmlns, 'http://www.w3.org/2005/Atom');
	assert.match(one(feed, 'id').text, /^urn:uuid:[0-9a-f-]{36}$/);
	assert.ok(one(feed, 'title').text);
	assert.ok(one(one(feed, 'author'), 'name').text);
	assert.match(one(feed, 'updated').text, TIME);
	assert.equal(feed.children.find((c) => c.name === 'link' && c.attributes.rel === 'self').attributes.href, `${BASE}changes/atom.xml`);
	const entries = feed.children.filter((c) => c.name === 'entry'), seen = new Set();
	assert.equal(entries.length, 4, 'each server was added once');
	for (const e of entries) {
		seen.add(one(e, 'id').text);
		assert.match(one(e, 'id').text, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
		assert.match(one(e, 'updated').text, TIME);
		assert.ok(one(e, 'title').text);
		const link = one(e, 'link').attributes;
		assert.equal(link.rel, 'alternate');
		assert.ok(link.href.startsWith(BASE) && existsSync(path.join(out, link.href.slice(BASE.length))), link.href);
	}
	assert.equal(seen.size, entries.length, 'ids differ');
	const json = JSON.parse(readFileSync(path.join(out, 'changes/feed.json'), 'utf8'));
	assert.equal(json.version, 'https://jsonfeed.org/version/1.1');
	assert.deepEqual(json.items.map((x) => x.id), entries.map((e) => one(e, 'id').text));
});

test('sitemaps name every page that is to be found', async (t) => {
	const { out } = await site(t);
	const index = readXml(readFileSync(path.join(out, 'sitemap.xml'), 'utf8'));
	const named = index.children.flatMap((m) => readXml(readFileSync(path.join(out, one(m, 'loc').text.slice(BASE.length)), 'utf8')).children.map((u) => one(u, 'loc').text));
	assert.ok(named.length > 100 && named.every((u) => u.startsWith(BASE) && existsSync(path.join(out, u.slice(BASE.length)))));
	for (const f of filesOf(out).filter((x) => /^server\/.*\.html$/.test(x)))
		assert.ok(named.includes(BASE + f), f);
});

test('written again nothing changes; a tool that is gone says so; a policy of a page is one', async (t) => {
	const { dir, db, out, call } = await site(t);
	const again = JSON.parse(await call('catalog', 'site', out, '--db', db, '--json', '--base-url', BASE, '--gate-url', 'https://gate.example/?server={server}&tool={tool}'));
	assert.deepEqual([again.written, again.deleted], [0, 0]);
	for (const server of readdirSync(path.join(out, 'server')))
		await call('policy', 'check', path.join(out, 'server', server, 'policy.json'));
	const page = readFileSync(path.join(out, 'server/files/write_file.html'), 'utf8');
	writeFileSync(path.join(dir, 'rule.json'), unescape(/<pre id="policy"[^>]*><code>([^]*?)<\/code>/.exec(page)[1]));
	await call('policy', 'check', 'rule.json');
	assert.match(page, /https:\/\/gate\.example\/\?server=files&amp;tool=write_file"/);
});

// ---- in a browser ----

const browserPath = BROWSERS.find((b) => existsSync(b));
let axe, chromium, why = browserPath ? '' : 'Chromium is not installed';
try {
	({ chromium } = require('playwright-core'));
	axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
} catch {
	why ||= 'playwright-core or axe-core is not installed';
}

async function openBrowser(t) {
	const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
	atEnd(t, () => browser.close());
	return browser;
}

// A page from the disk, and what it asked for and complained of.
async function openPage(browser, options, url) {
	const context = await browser.newContext(options), page = await context.newPage();
	const noticed = { requests: [], problems: [] };
	page.on('request', (r) => noticed.requests.push(r.url()));
	page.on('console', (m) => noticed.problems.push(m.text()));
	page.on('pageerror', (e) => noticed.problems.push(e.message));
	page.on('dialog', (d) => noticed.problems.push(d.message()));
	await page.goto(url);
	return { context, page, noticed };
}

function kindsOf(out) {
	const server = (re) => readdirSync(path.join(out, 'server')).find((n) => re.test(n));
	const evil = server(/^evil/), tool = readdirSync(path.join(out, 'server', evil)).find((n) => n.startsWith('delete_everything'));
	return ['index.html', 'index.html?q=file', 'servers/index.html', 'risk/index.html', 'risk/low.html', 'category/destructive.html', 'attack/index.html',
	        'attack/data-destruction.html', 'attack/tool-poisoning.html', 'changes/index.html', 'about/index.html', '404.html', 'server/files/index.html',
	        'server/files/write_file.html', 'server/memory/delete_entities.html', `server/${evil}/index.html`, `server/${evil}/${tool}`, `server/${evil}/long.html`, `server/${evil}/bad.html`];
}

test('axe finds nothing on any kind of page, in light and dark, on a desktop and a phone', { skip: why || false }, async (t) => {
	const { out } = await site(t), browser = await openBrowser(t), base = pathToFileURL(out).href;
	for (const kind of kindsOf(out))
		// All four of those that differ most.
		for (const [colorScheme, width] of /^index.html$|write_file/.test(kind) ? [['light', 1200], ['dark', 390], ['dark', 1200], ['light', 390]] : [['light', 1200], ['dark', 390]]) {
			// axe is no script of the site: for it alone the policy of the page is set aside.
			const { context, page } = await openPage(browser, { colorScheme, viewport: { width, height: 900 }, bypassCSP: true }, `${base}/${kind}`);
			if (kind.includes('?'))
				await page.waitForSelector('#results li');
			await page.addScriptTag({ content: axe });
			const found = await page.evaluate((tags) => window.axe.run({ preload: false, runOnly: tags }).then((r) => r.violations.map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 200)}`)), AXE);
			assert.deepEqual(found, [], `${kind} ${colorScheme} ${width}`);
			assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${kind} is wider than ${width}`);
			await context.close();
		}
});

test('nothing is fetched from elsewhere, and hostile text stays text', { skip: why || false }, async (t) => {
	const { out } = await site(t), browser = await openBrowser(t), base = pathToFileURL(out).href;
	for (const kind of [...kindsOf(out), 'index.html?q=delete_everything', 'index.html?q=evil']) {
		const { context, page, noticed } = await openPage(browser, {}, `${base}/${kind}`);
		if (kind.includes('?'))
			await page.waitForSelector('#results li');
		assert.deepEqual(noticed.requests.filter((u) => !u.startsWith(`${base}/`)), [], kind);
		assert.deepEqual(noticed.problems, [], kind);
		assert.equal(await page.evaluate(() => window.evil), undefined, kind);
		assert.equal(await page.evaluate(() => /[\u202a-\u202e\u200b\u0007]/.test(document.documentElement.textContent)), false, kind);
		await context.close();
	}
});

test('the search finds by name, by words, by server and in other languages, with the keyboard alone', { skip: why || false }, async (t) => {
	const { out } = await site(t), browser = await openBrowser(t), base = pathToFileURL(out).href;
	const { page } = await openPage(browser, {}, `${base}/servers/index.html`);
	const search = async (text) => {
		await page.goto(`${base}/index.html`);
		await page.keyboard.press('/');
		await page.keyboard.type(text);
		await page.waitForFunction(() => document.querySelector('#results [role=status]').textContent);
		return page.$$eval('#results li a', (v) => v.map((a) => a.textContent));
	};
	assert.equal((await search('write_file'))[0], 'write_file');
	assert.equal((await search('writefile'))[0], 'write_file', 'without its seam');
	assert.equal((await search('delete ent'))[0], 'delete_entities', 'by beginnings');
	assert.ok((await search('knowledge graph')).length >= 3, 'by what it says');
	assert.match((await search('memory'))[0], /^memory/, 'a server');
	assert.deepEqual(await search('删除'), ['删除文件']);
	assert.deepEqual(await search('zzzzqq'), []);
	assert.match(await page.textContent('#results [role=status]'), /Nothing found/);
	await search('write_file');
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('Enter');
	await page.waitForURL('**/write_file.html');
	await page.goto(`${base}/servers/index.html`);
	await page.fill('#q', 'echo');
	await page.keyboard.press('Enter');
	await page.waitForSelector('#results li');
	assert.equal(await page.textContent('#results li a'), 'echo', 'from any page');
});

test('the theme can be switched, and a rule copied', { skip: why || false }, async (t) => {
	const { out } = await site(t), browser = await openBrowser(t), base = pathToFileURL(out).href;
	const { page, context } = await openPage(browser, { colorScheme: 'light' }, `${base}/server/files/write_file.html`);
	await context.grantPermissions(['clipboard-read', 'clipboard-write']);
	const colour = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
	const light = await colour();
	await page.click('#theme');
	assert.notEqual(await colour(), light);
	await page.click('button.copy[data-copy=policy]');
	const copied = await page.evaluate(() => navigator.clipboard.readText());
	assert.equal(JSON.parse(copied).default, 'deny');
});

test('what is needed to search is small', async (t) => {
	const { out } = await site(t);
	const sizes = readdirSync(path.join(out, 'search')).map((f) => statSync(path.join(out, 'search', f)).size);
	assert.ok(Math.max(...sizes) < 65536, `${Math.max(...sizes)} bytes`);
});
