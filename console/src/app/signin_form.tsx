// Name, password and, where it is wanted, a code: on a page of its own, and above a page whose session has ended.
import { useRef, useState } from 'preact/hooks';
import { Button, Form, Note, TextField } from '../ui';
import { ApiError, api, asError } from './api';
import { place } from './router';
import { session, signedIn } from './session';
import { useStore } from './store';
import type { SignedIn } from './types';

// Where the provider is to send the browser back to: the gate lets only paths of its own through.
function wanted() {
	const { path, search } = place.get();
	return path === '/signin' ? (new URLSearchParams(search).get('return') ?? '/') : path + search;
}

export function SignInForm({ onDone, name: known = '' }: { onDone: (s: SignedIn) => void; name?: string }) {
	const [name, setName] = useState(known);
	const [password, setPassword] = useState('');
	const [code, setCode] = useState('');
	const [isCodeWanted, wantCode] = useState(false);
	const [isBusy, setBusy] = useState(false);
	const [error, setError] = useState<ApiError>();
	const box = useRef<HTMLDivElement>(null);
	const now = useStore(session);
	const oidc = now && !now.signed_in ? now.oidc : undefined;
	const submit = async () => {
		setBusy(true);
		setError(undefined);
		try {
			onDone(await api.post<SignedIn>('/session', { name, password, ...(isCodeWanted ? { totp: code.trim() } : {}) }, { isQuiet: true, key: undefined }));
		} catch (e) {
			const err = asError(e);
			if (err.at('/totp') && !isCodeWanted) {
				wantCode(true);
			} else {
				setError(err);
				if (!err.at('/totp'))
					setPassword('');
				requestAnimationFrame(() => box.current?.querySelector<HTMLInputElement>(err.at('/totp') ? '[name=totp]' : '[name=password]')?.focus());
			}
		}
		setBusy(false);
	};
	return (
		<div ref={box}>
			<Form onSubmit={submit}>
				{error && !error.at('/totp') && <Note tone="bad" title={error.status === 429 ? 'Too many attempts' : undefined}>{error.message}{error.retryAfter ? ` Try again in ${error.retryAfter} seconds.` : ''}</Note>}
				<TextField label="Name" name="username" value={name} onInput={setName} autoComplete="username" autoFocus={!known} required error={error?.at('/name')} />
				<TextField label="Password" name="password" type="password" value={password} onInput={setPassword} autoComplete="current-password" autoFocus={!!known} required error={error?.at('/password')} />
				{isCodeWanted && <TextField label="One-time code" name="totp" value={code} onInput={setCode} autoComplete="one-time-code" inputMode="numeric" autoFocus isMono
					hint="Six digits from your authenticator app, or one of your recovery codes." error={error?.at('/totp')} />}
				<Button kind="primary" type="submit" isBusy={isBusy}>Sign in</Button>
				{oidc && <Button href={`/api/v1/session/oidc?return=${encodeURIComponent(wanted())}`}>Sign in with {oidc.name}</Button>}
			</Form>
		</div>
	);
}

export const finish = (s: SignedIn) => signedIn(s);
