// Signing in with an identity provider, in a real browser and with a real provider.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { MODULES } from '../flow/lib/gate.mjs';
import { CLIENT, RealProvider } from '../flow/lib/oidc.mjs';
import { ADMIN, closeBrowser, openConsole, skip as noBrowser } from './harness.mjs';

const skip = noBrowser || (existsSync(path.join(MODULES, 'oidc-provider')) ? false : 'the packages of tests are not installed (npm)');

after(closeBrowser);

test('a button leads to the provider, and back to the page that was asked for', { skip }, async (t) => {
	const provider = await RealProvider.start(t);
	const console = await openConsole(t, { config: `console:\n  oidc:\n    issuer: ${provider.issuer}\n    client_id: ${CLIENT.id}\n    client_secret: "${CLIENT.secret}"\n    name: Example\n    allowed_domains: [example.com]\n` });
	await provider.open(`${console.origin}/api/v1/session/oidc/callback`);
	await console.person(ADMIN.name, ADMIN.password, ['admin']);
	const page = await console.window();
	await page.goto(`${console.origin}/tools`);
	const button = page.getByRole('link', { name: 'Sign in with Example' });
	await button.waitFor();
	await console.axe(page, 'the sign-in with a provider');

	provider.person = { sub: '1', email: 'eve@elsewhere.example', email_verified: true, name: 'Eve' };
	await button.click();
	await page.getByText('You have no account here').waitFor();
	assert.equal(new URL(page.url()).pathname, '/signin');

	await page.context().clearCookies();
	provider.refuses = true;
	await button.click();
	await page.getByText('The provider said no').waitFor();
	await page.context().clearCookies();
	provider.refuses = false;

	provider.person = { sub: '2', email: 'ann@example.com', email_verified: true, name: 'Ann Example' };
	await page.goto(`${console.origin}/tools`);
	await button.click();
	await page.getByRole('heading', { name: 'Tools', exact: true }).waitFor();
	assert.equal(new URL(page.url()).pathname, '/tools');
	const { cookies } = await page.context().storageState();
	const own = cookies.filter((c) => c.name.startsWith('__Host-gatehouse'));
	assert.deepEqual(own.map((c) => [c.name, c.secure, c.httpOnly, c.sameSite, c.path]), [['__Host-gatehouse', true, true, 'Lax', '/']]);
	assert.equal(await page.evaluate(() => document.cookie), '', 'no script reads it');
});
