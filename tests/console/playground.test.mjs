// Calling tools by hand, as a grant: the decision first, then the call, its answer, its record.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { FULL, PHONE, closeBrowser, openConsole, skip } from './harness.mjs';

after(closeBrowser);

const pick = async (c, page, server, tool, grant = 'alice-laptop') => {
	const { grants } = await c.api.good('GET', '/grants');
	await c.go(page, `/playground?grant=${grants.find((g) => g.label === grant).id}&server=${server}&tool=${tool}`);
	await page.getByRole('heading', { name: tool, exact: true }).waitFor();
};

test('a call is decided first, then made, and its answer and its record are shown', { skip }, async (t) => {
	const c = await openConsole(t, FULL);
	const page = await c.window();
	await c.signIn(page);
	await pick(c, page, 'everything', 'get-sum');
	await page.getByLabel('a', { exact: true }).fill('2');
	await page.getByLabel('b', { exact: true }).fill('40.50');
	await page.getByText('The call passes.').waitFor();
	assert.equal((await c.gate.records()).filter((r) => r.tool === 'get-sum').length, 0, 'nothing was called yet');
	const sent = page.waitForRequest((r) => r.url().endsWith('/api/v1/playground'));
	await page.getByRole('button', { name: 'Call it' }).click();
	assert.match((await sent).postData(), /"b": ?40\.50/, 'numbers go out as they were written');
	await page.getByText('The sum of 2 and 40.5 is 42.5.').waitFor();
	const answer = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Answer' }) });
	const href = await answer.getByRole('link', { name: 'Record' }).getAttribute('href');
	const records = await c.gate.recordsWhen((all) => all.some((r) => r.tool === 'get-sum'));
	assert.equal(href, `/activity/${records.find((r) => r.tool === 'get-sum').id}`);
	await c.axe(page, 'the playground after a call');

	await page.getByRole('button', { name: /^get-tiny-image|get-tiny-image/ }).first().click();
	await page.getByRole('heading', { name: 'get-tiny-image', exact: true }).waitFor();
	await page.getByText('The call passes.').waitFor();
	await page.getByRole('button', { name: 'Call it' }).click();
	await page.getByRole('img', { name: 'An image in the answer of the tool' }).waitFor();
	assert.ok(await page.getByRole('img', { name: 'An image in the answer of the tool' }).evaluate((i) => i.complete && i.naturalWidth > 0), 'the picture is drawn');

	await page.getByRole('button', { name: 'Use the call of get-sum again' }).click();
	await page.getByRole('heading', { name: 'get-sum', exact: true }).waitFor();
	assert.equal(await page.getByLabel('b', { exact: true }).inputValue(), '40.50');
	c.isQuiet();
});

test('a refusal says its rule, a call that asks a person leads to the approval, and danger is confirmed', { skip }, async (t) => {
	const c = await openConsole(t, FULL);
	const page = await c.window({ theme: 'dark' });
	await c.signIn(page);
	await pick(c, page, 'files', 'move_file');
	await page.getByLabel('source', { exact: true }).fill('/a');
	await page.getByLabel('destination', { exact: true }).fill('/b');
	await page.getByText('moving files is switched off').waitFor();
	assert.match(await page.locator('li.is-winner').innerText(), /decides/);
	await pick(c, page, 'files', 'write_file');
	await page.getByLabel('path', { exact: true }).fill(`${c.files}/new.txt`);
	await page.getByLabel('content', { exact: true }).fill('<b>not bold</b>');
	await page.getByText('Asks first').first().waitFor();
	await page.getByRole('button', { name: 'Call it' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Call it' }).click();
	await page.getByText('A person is asked').waitFor();
	await c.axe(page, 'a call that waits for a person');
	const href = await page.getByRole('link', { name: 'Open the approval' }).getAttribute('href');
	assert.match(href, /^\/approvals\/[\w-]+$/);
	c.isQuiet();
});

test('what a tool answers is never HTML; a phone is wide enough; only those who manage may play', { skip }, async (t) => {
	const c = await openConsole(t, FULL);
	const page = await c.window({ size: PHONE });
	await c.signIn(page);
	await pick(c, page, 'everything', 'echo');
	await page.getByLabel('message', { exact: true }).fill('<img src=x onerror="document.title=1"><h1>big</h1>');
	await page.getByText('The call passes.').waitFor();
	await page.getByRole('button', { name: 'Call it' }).click();
	await page.getByText('<h1>big</h1>', { exact: false }).last().waitFor();
	assert.equal(await page.getByRole('heading', { name: 'big' }).count(), 0);
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth) <= 0, 'it fits a phone');
	await c.axe(page, 'the playground on a phone');
	const other = await c.window();
	await c.signIn(other, { name: 'mira', password: 'quiet lamp river 9', roles: ['policy_manager'] });
	await c.go(other, '/playground');
	await other.getByText('You may not call tools here').waitFor();
	c.isQuiet();
});
