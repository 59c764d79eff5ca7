// The link of a new administrator, or of somebody who was invited: a password is chosen, and they are signed in.
import { useEffect, useState } from 'preact/hooks';
import { ApiError, api, asError } from '../../app/api';
import { navigate, useTitle } from '../../app/router';
import { session, signedIn } from '../../app/session';
import { useStore } from '../../app/store';
import type { Session } from '../../app/types';
import { Button, Form, Logo, Note, Problem, TextField } from '../../ui';

const MIN = 12;

// The token stands behind the #, which no server and no log sees; it leaves the address at once.
function takeToken(): string {
	const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
	if (token)
		history.replaceState(null, '', location.pathname);
	return token;
}

export default function Setup() {
	useTitle('Set up');
	const [token] = useState(takeToken);
	const [typed, setTyped] = useState('');
	const [name, setName] = useState('');
	const [display, setDisplay] = useState('');
	const [password, setPassword] = useState('');
	const [again, setAgain] = useState('');
	const [error, setError] = useState<ApiError>();
	const [isTried, setTried] = useState(false);
	const [isBusy, setBusy] = useState(false);
	const now = useStore(session);
	const isFirst = now && !now.signed_in ? now.needs_setup : false;
	useEffect(() => { if (isFirst && !name) setName('admin'); }, [isFirst]);
	const wrong = { password: password.length < MIN ? `At least ${MIN} characters.` : undefined, again: again !== password ? 'The two passwords differ.' : undefined };
	const submit = async () => {
		setTried(true);
		if (wrong.password || wrong.again)
			return;
		setBusy(true);
		setError(undefined);
		try {
			const s = await api.post<Session>('/setup', { token: token || typed.trim(), password, ...(isFirst ? { name, ...(display ? { display_name: display } : {}) } : {}) }, { isQuiet: true });
			if (s.signed_in)
				signedIn(s);
			else // Who has one-time codes signs in with both.
				session.set(s);
			navigate(s.signed_in ? '/' : '/signin', { replace: true });
		} catch (e) {
			setError(asError(e));
		}
		setBusy(false);
	};
	return (
		<div class="bare"><main class="bare-box stack" id="main" tabIndex={-1}>
			<div class="brand"><Logo size={30} /> Gatehouse</div>
			<div class="card stack">
				<div><h1>{isFirst ? 'Create the first administrator' : 'Choose your password'}</h1>
					<p class="muted">{isFirst ? 'This account manages the gate. You can add other people afterwards.' : 'Afterwards you are signed in.'}</p></div>
				{error && !error.errors.length && <Problem error={error} />}
				<Form onSubmit={submit}>
					{!token && <TextField label="Set-up code" value={typed} onInput={setTyped} isMono autoComplete="off" error={error?.at('/token')} hint="The part of your link behind “token=”." />}
					{token && error?.at('/token') && <Note tone="bad" title="This link does not work any more">{error.at('/token')}</Note>}
					{isFirst && <TextField label="Name" name="username" value={name} onInput={setName} autoComplete="username" error={error?.at('/name')} hint="You sign in with it." />}
					{isFirst && <TextField label="Display name" isOptional value={display} onInput={setDisplay} autoComplete="name" error={error?.at('/display_name')} />}
					<TextField label="Password" name="password" type="password" value={password} onInput={setPassword} autoComplete="new-password" autoFocus hint={`At least ${MIN} characters. A few random words are good.`}
						error={error?.at('/password') ?? (isTried ? wrong.password : undefined)} />
					<TextField label="Password again" type="password" value={again} onInput={setAgain} autoComplete="new-password" error={isTried ? wrong.again : undefined} />
					<Button kind="primary" type="submit" isBusy={isBusy}>{isFirst ? 'Create and sign in' : 'Save and sign in'}</Button>
				</Form>
				{now?.signed_in && <Note>You are signed in as {now.user.name}. With this link you become somebody else.</Note>}
			</div>
		</main></div>
	);
}
