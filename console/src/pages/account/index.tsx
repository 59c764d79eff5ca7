// One's own account: who one is here, password, one-time codes, sessions, tokens, look.
import { useState } from 'preact/hooks';
import { api, seg } from '../../app/api';
import { session, signOut, useMay, useUser } from '../../app/session';
import { useStore } from '../../app/store';
import { setTheme, theme, type Theme } from '../../app/theme';
import { notices, setNotices } from '../../app/notice';
import { useAction } from '../../app/use';
import type { Permission } from '../../app/types';
import { Button, Checkbox, Confirm, Form, KeyValues, Note, Page, Problem, Section, Segmented, TextField, Time, toast } from '../../ui';
import { OneTimeCodes } from './totp';
import { OwnTokens } from './tokens';
import { passwordProblem } from './password';

const MAY: Record<Permission, string> = { see: 'see everything but secrets', audit: 'see who changed what', approve: 'decide calls that wait', policy: 'write policies', manage: 'manage people, servers, grants and settings' };

function mayText(list: readonly Permission[]): string {
	return list.length === 5 ? 'Everything' : list.map((p) => MAY[p] ?? p).join(', ');
}

function Password({ name }: { name: string }) {
	const [old, setOld] = useState(''), [fresh, setFresh] = useState(''), [again, setAgain] = useState('');
	const [own, setOwn] = useState<{ fresh?: string; again?: string }>({});
	const change = useAction(async () => {
		await api.put('/session/password', { old, new: fresh }, { ifMatch: '*' });
		[setOld, setFresh, setAgain].forEach((clear) => clear(''));
		toast('Your password is changed. Other browsers were signed out.');
	});
	const submit = () => {
		const wrong = passwordProblem(fresh, again, name);
		setOwn(wrong);
		if (!wrong.fresh && !wrong.again)
			void change.run();
	};
	const e = change.error;
	return (
		<Section title="Password">
			<Form onSubmit={submit}>
				<input class="sr-only" type="text" name="username" autoComplete="username" value={name} readOnly tabIndex={-1} aria-hidden="true" />
				<TextField label="Password now" type="password" value={old} onInput={setOld} error={e?.at('/old')} autoComplete="current-password" />
				<div class="cols">
					<TextField label="New password" type="password" value={fresh} onInput={setFresh} error={own.fresh ?? e?.at('/new')} autoComplete="new-password" hint="At least 12 characters. Length is what counts." />
					<TextField label="New password again" type="password" value={again} onInput={setAgain} error={own.again} autoComplete="new-password" />
				</div>
				{e && !e.errors.length && <Problem error={e} />}
				<div class="form-actions"><Button type="submit" isBusy={change.isBusy} disabled={!old || !fresh}>Change the password</Button></div>
			</Form>
		</Section>
	);
}

function Sessions({ id }: { id: string }) {
	const s = useStore(session), may = useMay();
	const [isOpen, setOpen] = useState(false);
	const end = useAction(async () => {
		await api.del(`/users/${seg(id)}/sessions`, { ifMatch: '*', isQuiet: true });
		await signOut();
	});
	return (
		<Section title="Sessions" actions={<><Button size="small" icon="out" onClick={() => void signOut()}>Sign out here</Button>{may('manage') && <Button size="small" onClick={() => setOpen(true)}>Sign out everywhere…</Button>}</>}>
			<p class="muted">This one ends {s?.signed_in && s.expires_at ? <Time at={s.expires_at} /> : 'when you sign out'}. To end those in other browsers, change your password.</p>
			{isOpen && <Confirm title="Sign out everywhere?" action="Sign out" onClose={() => setOpen(false)} onConfirm={() => void end.run()} isBusy={end.isBusy} error={end.error}>Every browser, this one too, must sign in again. API tokens go on working.</Confirm>}
		</Section>
	);
}

function Look() {
	const now = useStore(theme), state = useStore(notices);
	return (
		<Section title="This browser">
			<div class="row-between"><span>Colours</span><Segmented label="Colours" value={now} onChange={(v) => setTheme(v as Theme)} options={[{ value: 'system', label: 'As the system' }, { value: 'light', label: 'Light' }, { value: 'dark', label: 'Dark' }]} /></div>
			{state !== 'unsupported' && <Checkbox isSwitch label="Tell me when a call waits for a yes" checked={state === 'on'} disabled={state === 'blocked'} onChange={(on) => void setNotices(on)} hint={state === 'blocked' ? 'The browser blocks notices of this address: allow them in its settings.' : 'A notice of your system, while the console is open in a tab.'} />}
		</Section>
	);
}

export default function Account() {
	const user = useUser(), s = useStore(session);
	if (!user || !s?.signed_in)
		return null;
	const { organisation, servers } = s.permissions;
	return (
		<Page title="Your account" isNarrow>
			<Section title={user.display_name || user.name}>
				<KeyValues items={[
					['Name for signing in', <code>{user.name}</code>],
					['You may', organisation.length ? mayText(organisation) : undefined],
					...Object.entries(servers ?? {}).map(([name, list]): [string, string] => [`At ${name}`, mayText(list)]),
				]} />
				{organisation.length === 0 && Object.keys(servers ?? {}).length === 0 && <Note tone="warn">You have no role yet. Ask an administrator for one.</Note>}
			</Section>
			{user.kind === 'user' && <>
				{s.has_password !== false ? <><Password name={user.name} /><OneTimeCodes isOn={!!s.totp?.enabled} /></> : <Section title="Signing in"><p class="muted">You sign in with your identity provider: passwords and codes are kept there.</p></Section>}
				<Sessions id={user.id} />
				<OwnTokens />
			</>}
			<Look />
		</Page>
	);
}
