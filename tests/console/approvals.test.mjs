// The inbox of approvals: decided with the mouse, with keys, on a phone; live, with a quorum, and by those who may.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, test } from 'node:test';
import { until } from '../flow/lib/wait.mjs';
import { FULL, PHONE, client, closeBrowser, openConsole, skip } from './harness.mjs';

after(closeBrowser);

const ask = (more = {}) => ({ version: '1', default: 'deny', tools: { write_file: { action: 'require_approval', reason: 'writing needs a yes', hold: '0s', ...more } } });
const open = (t, more) => openConsole(t, { servers: FULL.servers, policies: { ask: ask(more) }, grants: { laptop: { files: 'ask' } } });
const write = (agent, console, name, content = 'hello') => agent.callTool({ name: 'write_file', arguments: { path: path.join(console.files, name), content } });
const cards = (page) => page.locator('article.ask');

test('what waits is shown with its arguments, approved with a note, and the same call passes', { skip }, async (t) => {
	const console = await open(t);
	const page = await console.window();
	const agent = await client(console, 'laptop', 'files');
	await console.signIn(page, { to: '/approvals' });
	await page.getByText('Nothing waits for you').waitFor();
	await console.axe(page, 'an empty inbox');
	assert.ok((await write(agent, console, 'a.txt', 'Bring the <b>good</b> biscuits')).isError);
	await cards(page).getByText(/good.*biscuits/).waitFor();
	await page.waitForFunction(() => document.title === '(1) Approvals · Gatehouse' && document.querySelector('link[rel=icon]').getAttribute('href') === '/favicon-waiting.svg');
	const card = cards(page).first();
	await card.getByText('writing needs a yes').waitFor();
	assert.match(await card.locator('.ask-left').innerText(), /^\s*(29|30):\d\d/);
	await console.axe(page, 'an inbox with one');
	await card.getByText('Rule, client and recent calls').click();
	assert.match(await card.locator('dd a').first().getAttribute('href'), /^\/policies\/ask\?at=/);
	await card.getByPlaceholder(/Note for the agent/).fill('fine, once');
	await page.reload();
	assert.equal(await card.getByPlaceholder(/Note for the agent/).inputValue(), 'fine, once', 'a reload keeps the note');
	await card.getByRole('button', { name: 'Approve' }).click();
	await card.getByText(/The call passes once/).waitFor();
	await page.waitForFunction(() => document.title === 'Approvals · Gatehouse');
	assert.ok(!(await write(agent, console, 'a.txt', 'Bring the <b>good</b> biscuits')).isError);
	await card.getByText(/the call has passed/).waitFor();
	await console.go(page, '/approvals?view=history');
	await page.getByRole('row', { name: /write_file.*Approved, used/ }).waitFor();
	await console.axe(page, 'the history');
	await page.getByRole('link', { name: /write_file/ }).click();
	await page.getByRole('link', { name: 'What became of it' }).waitFor();
	await page.getByText(/admin.*fine, once/).first().waitFor();
	await console.axe(page, 'one approval');
	console.isQuiet();
});

test('by keyboard alone: down, deny, confirm; nothing is decided by one key', { skip }, async (t) => {
	const console = await open(t);
	const page = await console.window({ theme: 'dark' });
	const agent = await client(console, 'laptop', 'files');
	await write(agent, console, 'a.txt');
	await write(agent, console, 'b.txt');
	await console.signIn(page, { to: '/approvals' });
	await until('both are there', async () => await cards(page).count() === 2);
	await cards(page).last().getByText('b.txt').waitFor();
	await page.keyboard.press('j');
	await page.keyboard.press('j');
	await until('j moves to the next', async () => await cards(page).last().evaluate((e) => e === document.activeElement));
	await page.keyboard.press('n');
	await until('the note is written in', () => page.evaluate(() => document.activeElement.tagName === 'INPUT'));
	await page.keyboard.type('ask finance first');
	await page.keyboard.press('Escape');
	await page.keyboard.press('Tab');
	assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Deny');
	assert.equal((await console.api.good('GET', '/approvals?state=pending')).approvals.length, 2, 'nothing is decided yet');
	await page.keyboard.press('d');
	await page.getByText('Press Enter to deny').waitFor();
	await console.axe(page, 'a vote that wants Enter');
	await page.keyboard.press('Enter');
	await cards(page).last().getByText('Denied. The agent was told').waitFor();
	const told = await write(agent, console, 'b.txt');
	assert.match(told.content[0].text, /ask finance first/);
	assert.equal((await console.api.good('GET', '/approvals?state=pending')).approvals.length, 1);
	console.isQuiet();
});

test('on a phone, two people: a quorum is counted, and one cannot vote twice', { skip }, async (t) => {
	const console = await open(t, { quorum: 2 });
	const agent = await client(console, 'laptop', 'files');
	await write(agent, console, 'a.txt');
	const ann = await console.window({ size: PHONE }), bob = await console.window({ size: PHONE, theme: 'dark' });
	await console.signIn(ann, { name: 'ann', password: 'a long quiet river', roles: ['approver'], to: '/approvals' });
	await console.signIn(bob, { name: 'bob', password: 'a long quiet river', roles: ['approver@files'], to: '/approvals' });
	const box = await cards(ann).getByRole('button', { name: 'Approve' }).boundingBox();
	assert.ok(box.height >= 44 && box.width >= 140, 'a button for a thumb');
	assert.equal(await ann.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'nothing hangs over the edge');
	await console.axe(ann, 'the inbox on a phone');
	await cards(ann).getByRole('button', { name: 'Approve' }).click();
	await cards(ann).getByText('You have voted. 1 more must say yes.').waitFor();
	await cards(bob).getByText('1 of 2').waitFor();
	await ann.reload();
	await cards(ann).getByText('You have voted. 1 more must say yes.').waitFor();
	await cards(bob).getByRole('button', { name: 'Approve' }).click();
	await cards(bob).getByText(/The call passes once/).waitFor();
	await cards(ann).getByText(/The call passes once/).waitFor();
	assert.ok(!(await write(agent, console, 'a.txt')).isError);
	console.isQuiet();
});

test('who may only look sees no arguments and no buttons; whom the agent works for is told so', { skip }, async (t) => {
	const console = await openConsole(t, { servers: FULL.servers, policies: { ask: ask() } });
	console.tokens.laptop = await console.gate.grant('laptop', { files: 'ask' }, ['--subject', 'ann']);
	const agent = await client(console, 'laptop', 'files');
	await write(agent, console, 'a.txt', 'top secret biscuits');
	const viewer = await console.window(), ann = await console.window();
	await console.signIn(viewer, { name: 'vera', password: 'a long quiet river', roles: ['viewer'], to: '/approvals' });
	await cards(viewer).getByText('You may look, but not decide.').waitFor();
	assert.ok(!/biscuits/.test(await viewer.content()));
	assert.equal(await viewer.getByRole('button', { name: 'Approve' }).count(), 0);
	await console.axe(viewer, 'an inbox to look at');
	await console.signIn(ann, { name: 'ann', password: 'a long quiet river', roles: ['approver'], to: '/approvals' });
	await cards(ann).getByText(/this agent works for you/).waitFor();
	await console.go(ann, '/approvals/0190a1b2-0000-7000-8000-000000000000');
	await ann.getByText('There is no such approval').waitFor();
	console.isQuiet();
});

test('the page for approvers without an account leads those who have one to the console', { skip }, async (t) => {
	const console = await open(t);
	const agent = await client(console, 'laptop', 'files');
	await write(agent, console, 'a.txt');
	const [{ id }] = (await console.api.good('GET', '/approvals?state=pending')).approvals;
	const page = await console.window();
	await console.signIn(page);
	await page.goto(`${console.origin}/approve/${id}`);
	await page.getByRole('link', { name: 'decide in the console' }).click();
	await page.getByRole('heading', { name: 'write_file of files', level: 1 }).waitFor();
	const odd = encodeURIComponent(`"><script>x</script>`.padEnd(36, 'x'));
	const text = await (await fetch(`${console.origin}/approve/${odd}`)).text();
	assert.ok(!text.includes('<script>'), 'an address is no markup');
	console.isQuiet();
});

test('the browser gives notice, when a button asked for it and not before', { skip }, async (t) => {
	const console = await open(t);
	const page = await console.window();
	await page.addInitScript(() => {
		window.asked = 0;
		window.shown = [];
		window.Notification = class {
			static permission = localStorage.getItem('test-permission') ?? 'default';
			static async requestPermission() {
				window.asked++;
				localStorage.setItem('test-permission', 'granted');
				return window.Notification.permission = 'granted';
			}
			constructor(title, o) { window.shown.push({ title, ...o, press: () => this.onclick() }); }
			close() {}
		};
	});
	const agent = await client(console, 'laptop', 'files');
	await console.signIn(page, { to: '/approvals' });
	await write(agent, console, 'a.txt');
	await cards(page).first().waitFor();
	assert.deepEqual(await page.evaluate(() => [window.asked, window.shown.length]), [0, 0]);
	await page.getByRole('button', { name: 'Notify me' }).click();
	await page.getByRole('button', { name: 'Notices are on' }).waitFor();
	assert.equal(await page.evaluate(() => window.asked), 1);
	await console.go(page, '/grants');
	await write(agent, console, 'b.txt', 'top secret biscuits');
	await page.waitForFunction(() => window.shown.length === 1);
	assert.ok(!(await page.evaluate(() => JSON.stringify(window.shown))).includes('biscuits'), 'no argument leaves the page');
	await page.evaluate(() => window.shown[0].press());
	await page.getByRole('heading', { name: 'write_file of files', level: 1 }).waitFor();
	console.isQuiet();
});
