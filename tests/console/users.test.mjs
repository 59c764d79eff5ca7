// People: invited with roles, changed, disabled, removed; and one's own account.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, test } from 'node:test';
import { ADMIN, PHONE, closeBrowser, openConsole, skip } from './harness.mjs';

after(closeBrowser);

const decode = (secret) => {
	const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
	return Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
};
// RFC 6238.
const codeOf = (secret, at = Date.now()) => {
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
	const h = createHmac('sha1', decode(secret)).update(counter).digest(), o = h[19] & 15;
	return String((h.readUInt32BE(o) & 0x7fffffff) % 1_000_000).padStart(6, '0');
};

test('somebody is invited, and may do what the matrix says', { skip }, async (t) => {
	const console = await openConsole(t, { servers: { files: 'http://127.0.0.1:9/mcp', mail: 'http://127.0.0.1:9/mcp' } });
	const page = await console.window();
	await console.signIn(page, { to: '/users' });
	await page.getByRole('heading', { name: 'Users', level: 1 }).waitFor();
	await console.axe(page, 'users');
	await page.getByRole('button', { name: 'Invite' }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByLabel('Name for signing in').fill('bad name');
	await dialog.getByRole('button', { name: 'Make the link' }).click();
	await dialog.locator('.field-error').first().waitFor();
	assert.equal(await dialog.getByLabel('Name for signing in').getAttribute('aria-invalid'), 'true', 'the field says what is wrong');
	await console.axe(page, 'a wrong invitation');
	await dialog.getByLabel('Name for signing in').fill('bob');
	await dialog.getByLabel('Full name').fill('Bob Baker');
	await dialog.getByLabel('Roles at one server').selectOption('mail');
	await dialog.getByRole('checkbox', { name: 'Approver of mail' }).check();
	await dialog.getByRole('button', { name: 'Make the link' }).click();
	const link = await page.getByRole('dialog', { name: 'Bob Baker is added' }).getByLabel('The link').inputValue();
	assert.match(link, /\/setup#token=/);
	await page.getByRole('button', { name: 'Open the user' }).click();
	await page.getByRole('heading', { name: 'Bob Baker', level: 1 }).waitFor();
	assert.ok(await page.getByRole('checkbox', { name: 'Viewer of the organisation' }).isChecked());
	assert.ok(await page.getByRole('checkbox', { name: 'Approver of mail' }).isChecked());
	await console.axe(page, 'one user');

	const bob = await console.window({ size: PHONE });
	await bob.goto(console.origin + new URL(link).pathname + new URL(link).hash);
	await bob.getByLabel('Password', { exact: true }).fill('a long quiet river');
	await bob.getByLabel('Password again').fill('a long quiet river');
	await bob.getByRole('button', { name: /sign in$/ }).click();
	await bob.waitForURL(`${console.origin}/`);
	await console.go(bob, '/account');
	await bob.getByText('At mail').waitFor();
	await console.axe(bob, 'the account of an approver');
	await console.go(bob, '/users');
	await bob.getByText('The list of users is for auditors and admins').waitFor();

	await page.getByRole('checkbox', { name: 'Auditor of the organisation' }).check();
	await page.getByRole('button', { name: 'Save the roles' }).click();
	await page.getByText('The roles are changed.').waitFor();
	await console.go(bob, '/users');
	await bob.getByRole('link', { name: 'Bob Baker' }).waitFor();
	assert.equal(await bob.getByRole('button', { name: 'Invite' }).count(), 0);
	console.isQuiet();
});

test('an edit of what somebody else changed shows the difference, and whose stays is chosen', { skip }, async (t) => {
	const console = await openConsole(t);
	const page = await console.window();
	await console.person('carl', 'a long quiet river', ['viewer']);
	await console.signIn(page, { to: '/users' });
	await page.getByRole('link', { name: 'carl' }).click();
	await page.getByRole('button', { name: 'Edit' }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByLabel('Full name').fill('Carl of mine');
	const { users } = await console.api.good('GET', '/users?q=carl');
	await console.api.good('PATCH', `/users/${users[0].id}`, { display_name: 'Carl of theirs' }, { headers: { 'if-match': '*' } });
	await dialog.getByRole('button', { name: 'Save' }).click();
	await dialog.getByText('Somebody else changed this').waitFor();
	assert.match(await dialog.getByRole('table').innerText(), /Carl of theirs[^]*Carl of mine/);
	await console.axe(page, 'an edit that came too late');
	await dialog.getByRole('button', { name: 'Overwrite with mine' }).click();
	await page.getByRole('heading', { name: 'Carl of mine' }).waitFor();
	console.isQuiet();
});

test('the last admin stays one, and others are disabled and removed', { skip }, async (t) => {
	const console = await openConsole(t);
	const page = await console.window();
	await console.person('dora', 'a long quiet river', ['viewer']);
	await console.signIn(page, { to: '/users' });
	await page.getByRole('link', { name: ADMIN.name }).click();
	await page.getByRole('checkbox', { name: 'Admin of the organisation' }).uncheck();
	await page.getByRole('checkbox', { name: 'Viewer of the organisation' }).check();
	await page.getByRole('button', { name: 'Save the roles' }).click();
	await page.getByText('Somebody must be able to manage the gate').waitFor();
	await console.axe(page, 'the last admin');
	await page.getByRole('button', { name: 'Undo' }).click();
	assert.ok(await page.getByRole('checkbox', { name: 'Admin of the organisation' }).isChecked());
	await console.go(page, '/users');
	await page.getByRole('link', { name: 'dora' }).click();
	await page.getByRole('button', { name: 'More' }).click();
	await page.getByRole('menuitem', { name: 'Disable…' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
	await page.getByText('dora is disabled.').waitFor();
	await page.getByRole('button', { name: 'More' }).click();
	await page.getByRole('menuitem', { name: 'Remove…' }).click();
	const remove = page.getByRole('dialog').getByRole('button', { name: 'Remove' });
	assert.ok(await remove.isDisabled(), 'the name must be typed first');
	await page.getByRole('dialog').getByLabel(/Type/).fill('dora');
	await remove.click();
	await page.waitForURL(/\/users$/);
	await page.getByRole('link', { name: ADMIN.name }).waitFor();
	assert.equal(await page.getByRole('link', { name: 'dora' }).count(), 0);
	console.isQuiet();
});

test('one’s own password, one-time codes and API tokens', { skip }, async (t) => {
	const console = await openConsole(t);
	const page = await console.window();
	await console.signIn(page, { to: '/account' });
	await page.getByRole('heading', { name: 'Your account' }).waitFor();
	await page.getByLabel('Password now').fill('not this one');
	await page.getByLabel('New password', { exact: true }).fill('short');
	await page.getByRole('button', { name: 'Change the password' }).click();
	await page.getByText('At least 12 characters. A few words').waitFor();
	for (const label of ['New password', 'New password again'])
		await page.getByLabel(label, { exact: true }).fill('three green kettles');
	await page.getByRole('button', { name: 'Change the password' }).click();
	await page.locator('.field.has-error', { hasText: 'Password now' }).waitFor();
	await page.getByLabel('Password now').fill(ADMIN.password);
	await page.getByRole('button', { name: 'Change the password' }).click();
	await page.getByText('Your password is changed.').waitFor();

	await page.getByRole('button', { name: 'Set up' }).click();
	const dialog = page.getByRole('dialog', { name: 'Set up one-time codes' });
	await dialog.getByRole('img', { name: /QR code/ }).waitFor();
	await dialog.getByLabel('Code', { exact: true }).fill('000000');
	await dialog.getByRole('button', { name: 'Turn on' }).click();
	await dialog.locator('.field.has-error').waitFor();
	await console.axe(page, 'setting up one-time codes');
	const secret = (await dialog.locator('.qr-text code').innerText()).replace(/\s/g, '');
	await dialog.getByLabel('Code', { exact: true }).fill(codeOf(secret));
	await dialog.getByRole('button', { name: 'Turn on' }).click();
	const codes = page.getByRole('dialog', { name: 'Codes for when the phone is lost' }).getByRole('listitem');
	await codes.first().waitFor();
	assert.equal(await codes.count(), 10);
	await page.getByRole('button', { name: 'I have kept them' }).click();
	await page.getByRole('button', { name: 'Turn off' }).waitFor();

	await page.getByRole('button', { name: 'New token' }).click();
	await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('backup');
	await page.getByRole('dialog').getByRole('button', { name: 'Make the token' }).click();
	const token = await page.getByRole('dialog').getByLabel('The token').inputValue();
	assert.match(token, /^ghp_/);
	const asked = await fetch(`${console.origin}/api/v1/session`, { headers: { authorization: `Bearer ${token}` } });
	assert.equal((await asked.json()).signed_in, true);
	await page.getByRole('button', { name: 'I have copied it' }).click();
	await console.axe(page, 'the account');
	await page.getByRole('button', { name: 'End backup' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'End it' }).click();
	await page.getByText('No tokens').waitFor();
	assert.equal((await fetch(`${console.origin}/api/v1/users`, { headers: { authorization: `Bearer ${token}` } })).status, 401);
	assert.ok(!(await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).includes('kettles'), 'no password is kept in the browser');
	console.isQuiet();
});
