// The record of changes with before and after, and the chain of records verified.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { FULL, PHONE, client, closeBrowser, openConsole, skip } from './harness.mjs';

after(closeBrowser);

test('what a person changed stands there with before and after', { skip }, async (t) => {
	const console = await openConsole(t, { servers: { files: 'http://127.0.0.1:9/mcp' }, policies: FULL.policies, grants: { laptop: { files: 'read-files' } } });
	const page = await console.window();
	await console.signIn(page, { to: '/grants' });
	await page.getByRole('link', { name: 'laptop' }).click();
	await page.getByLabel('Policy for files').selectOption('try-things');
	await page.getByRole('button', { name: 'Save' }).click();
	await page.getByText('The policy for files is changed.').waitFor();
	await console.go(page, '/audit');
	const change = page.locator('.change', { hasText: 'laptop' }).first();
	await change.getByRole('button', { name: 'What changed' }).click();
	assert.match(await change.getByRole('table').innerText(), /read-files[^]*try-things/);
	await console.axe(page, 'the record of changes');
	await page.getByLabel('What').selectOption('user');
	await page.locator('.change', { hasText: 'signed in' }).first().waitFor();
	assert.equal(await page.locator('.change', { hasText: 'laptop' }).count(), 0);
	await page.getByLabel('Who').fill('nobody-of-that-name');
	await page.getByText('No change fits').waitFor();
	console.isQuiet();
});

test('the chain is verified, and shown to be whole', { skip }, async (t) => {
	const console = await openConsole(t, FULL);
	const page = await console.window({ size: PHONE });
	const agent = await client(console, 'ci-runner', 'everything');
	for (let i = 0; i < 5; i++)
		await agent.callTool({ name: 'echo', arguments: { message: `${i}` } });
	await console.signIn(page, { name: 'olga', password: 'a long quiet river', roles: ['auditor'], to: '/audit' });
	await page.getByRole('button', { name: 'Verify now' }).click();
	await page.getByText('Every record is as it was written').waitFor();
	assert.ok(await page.getByText(/^[0-9a-f]{64}$/).or(page.locator('dd code')).first().isVisible(), 'the public key is there');
	await console.axe(page, 'the chain');
	console.isQuiet();
});

test('a viewer is told whom to ask', { skip }, async (t) => {
	const console = await openConsole(t);
	const page = await console.window();
	await console.signIn(page, { name: 'vera', password: 'a long quiet river', roles: ['viewer'], to: '/' });
	await console.go(page, '/audit');
	await page.getByText('This is for auditors and admins').waitFor();
	console.isQuiet();
});
