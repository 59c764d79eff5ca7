// One-time codes beside the password (RFC 6238): set up with a picture or by hand, ended with the password.
import { useEffect, useState } from 'preact/hooks';
import { api } from '../../app/api';
import { loadSession } from '../../app/session';
import { useAction } from '../../app/use';
import { Badge, Button, Copy, Dialog, Form, Note, Problem, Section, Skeleton, TextField, toast } from '../../ui';
import type { Qr } from './qr';
import { spaced } from './password';

function QrCode({ text }: { text: string }) {
	const [qr, setQr] = useState<Qr>();
	useEffect(() => {
		let isHere = true;
		import('./qr').then((m) => { if (isHere) setQr(m.qrOf(text)); }, () => undefined);
		return () => { isHere = false; };
	}, [text]);
	if (!qr)
		return <div class="qr" />;
	return <svg class="qr" viewBox={`0 0 ${qr.size} ${qr.size}`} role="img" aria-label="QR code with the secret; below it stands the same as text" shape-rendering="crispEdges"><path d={qr.path} /></svg>;
}

function Recovery({ codes, onClose }: { codes: string[]; onClose: () => void }) {
	return (
		<Dialog title="Codes for when the phone is lost" onClose={onClose} isFixed footer={<><Copy text={codes.join('\n')} label="Copy them all" /><Button kind="primary" onClick={onClose}>I have kept them</Button></>}>
			<div class="stack">
				<Note tone="warn" title="Keep these somewhere safe">Each works once in place of a one-time code. They are shown only now.</Note>
				<ul class="recovery">{codes.map((c) => <li key={c}><code>{c}</code></li>)}</ul>
			</div>
		</Dialog>
	);
}

function SetUp({ onClose, onDone }: { onClose: () => void; onDone: (codes: string[]) => void }) {
	const [code, setCode] = useState('');
	const [made, setMade] = useState<{ secret: string; uri: string }>();
	const begin = useAction(async () => setMade(await api.post<{ secret: string; uri: string }>('/session/totp', {})));
	useEffect(() => { void begin.run(); }, []);
	const confirm = useAction(async () => onDone((await api.put<{ recovery_codes: string[] }>('/session/totp', { code: code.replace(/\s/g, '') }, { ifMatch: '*' })).recovery_codes));
	const e = confirm.error;
	return (
		<Dialog title="Set up one-time codes" onClose={onClose} footer={<><Button onClick={onClose}>Cancel</Button><Button kind="primary" disabled={!made} isBusy={confirm.isBusy} type="submit" form="dialog-form">Turn on</Button></>}>
			{begin.error ? <Problem error={begin.error} onRetry={() => void begin.run()} /> : !made ? <Skeleton rows={6} /> : (
				<Form id="dialog-form" onSubmit={() => void confirm.run()}>
					<p>Scan this with an authenticator app, then type the six digits that it shows.</p>
					<QrCode text={made.uri} />
					<div class="qr-text"><span class="muted">No camera? Type this into the app:</span> <code>{spaced(made.secret)}</code> <Copy text={made.secret} /></div>
					<TextField label="Code" value={code} onInput={setCode} error={e?.at('/code')} inputMode="numeric" autoComplete="one-time-code" maxLength={7} isMono autoFocus />
					{e && !e.at('/code') && <Problem error={e} />}
				</Form>)}
		</Dialog>
	);
}

function TurnOff({ onClose }: { onClose: () => void }) {
	const [password, setPassword] = useState('');
	const off = useAction(async () => {
		await api.call('DELETE', '/session/totp', { password }, { ifMatch: '*' });
		await loadSession();
		toast('One-time codes are off.');
		onClose();
	});
	return (
		<Dialog title="Turn one-time codes off?" size="small" onClose={onClose} footer={<><Button onClick={onClose}>Cancel</Button><Button kind="danger" isBusy={off.isBusy} type="submit" form="dialog-form">Turn off</Button></>}>
			<Form id="dialog-form" onSubmit={() => void off.run()}>
				<p>Your password alone is then enough to sign in.</p>
				<TextField label="Your password" type="password" value={password} onInput={setPassword} error={off.error?.at('/password')} autoComplete="current-password" autoFocus />
				{off.error && !off.error.at('/password') && <Problem error={off.error} />}
			</Form>
		</Dialog>
	);
}

export function OneTimeCodes({ isOn }: { isOn: boolean }) {
	const [open, setOpen] = useState<'on' | 'off' | null>(null);
	const [codes, setCodes] = useState<string[]>();
	return (
		<Section title="One-time codes" lead="A code from your phone beside the password: who learns the password alone cannot sign in."
			actions={isOn ? <><Badge tone="good" icon="check">On</Badge><Button size="small" onClick={() => setOpen('off')}>Turn off</Button></> : <Button size="small" kind="primary" onClick={() => setOpen('on')}>Set up</Button>}>
			{open === 'on' && <SetUp onClose={() => setOpen(null)} onDone={(c) => { setOpen(null); setCodes(c); void loadSession(); }} />}
			{open === 'off' && <TurnOff onClose={() => setOpen(null)} />}
			{codes && <Recovery codes={codes} onClose={() => setCodes(undefined)} />}
		</Section>
	);
}
